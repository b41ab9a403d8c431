// Requests whose charges are being measured, one at a time: within a limit of request units, and
// until somebody wants to stop. One thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/cosmos/control_client.h"

namespace weir::cosmos {

struct MeasuredAnswer {
  int status = 0;
  double ru = 0;
  double kb = 0;     // of the body, in KB of 1,000 bytes
  std::string etag;  // of an item, as headers want it
  std::string continuation;
  int count = 0;  // "_count" of a page
};

class MeasuredRequests {
 public:
  struct Limits {
    double most_ru = 0;
    std::function<bool()> stop;  // asked before every request; may be null
  };
  using Headers = std::vector<std::pair<std::string_view, std::string>>;

  explicit MeasuredRequests(Limits limits) : limits_(std::move(limits)) {}

  // Sends it, waits while it is throttled, and returns whatever the server says. Not OK: without an
  // answer, without permission (401, 403), stopped (kCancelled), or over the limit.
  absl::StatusOr<MeasuredAnswer> Send(ControlClient* client, HttpMethod method,
                                      const Resource& resource, const Headers& headers,
                                      std::string body);

  double ru() const { return ru_; }  // in all, refused and throttled attempts included
  int requests() const { return requests_; }
  const std::vector<double>& throttled() const { return throttled_; }  // charge of each 429

 private:
  const Limits limits_;
  double ru_ = 0;
  int requests_ = 0;
  std::vector<double> throttled_;
};

}  // namespace weir::cosmos
