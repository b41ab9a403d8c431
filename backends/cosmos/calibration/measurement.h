// Measures what requests cost on an account: makes a container of its own for each indexing policy,
// runs the point set in it, and removes what it made, also after an error or an interruption.
// Blocking; one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "backends/cosmos/calibration/measured_requests.h"
#include "backends/cosmos/calibration/point_set.h"
#include "proto/campaign.pb.h"

namespace weir::cosmos {

struct MeasurementOptions {
  std::string endpoint;
  v1::Secret key;
  std::string tls_root_certificate;
  std::string database;  // made when it is not there, and then removed at the end
  int throughput = 400;  // of each container, RU/s; 0: serverless, or shared by the database
  bool keep = false;     // leave containers and database where they are
  MeasuredRequests::Limits limits;
  std::function<void(std::string_view line)> tell;  // progress; may be null
};

struct Measurement {
  PointResults results;
  bool modelled = false;  // by an emulator, not by a meter
  double ru = 0;          // used in all
  int requests = 0;
};

absl::StatusOr<Measurement> MeasureCharges(const MeasurementOptions& options);

}  // namespace weir::cosmos
