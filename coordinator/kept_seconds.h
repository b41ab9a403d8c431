// The seconds of a leg that were merged and kept, for whoever reads them back.
#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

#include "proto/results.pb.h"

namespace weir {

class KeptSeconds {
 public:
  virtual ~KeptSeconds() = default;
  // Visits every second of the leg that was merged, in order of stage and second.
  virtual absl::Status ReadBack(
      const v1::Leg& leg,
      absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit) = 0;
};

}  // namespace weir
