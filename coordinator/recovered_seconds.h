// The seconds of a leg as the results store will have them once a stage of it is recovered, for
// whoever reads a leg's seconds back. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "coordinator/kept_seconds.h"
#include "coordinator/run_recovery.h"

namespace weir {

class RecoveredSeconds final : public KeptSeconds {
 public:
  // From `first_second` of `stage` on, `recovered` stands in the place of what is kept.
  RecoveredSeconds(const ReadKept& kept, v1::Phase stage, uint32_t first_second,
                   const std::vector<v1::Interval>& recovered)
      : kept_(kept), stage_(stage), first_second_(first_second), recovered_(recovered) {}

  absl::Status ReadBack(
      const v1::Leg&,
      absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit) override {
    WEIR_RETURN_IF_ERROR(kept_([&](v1::Phase stage, const v1::Interval& second) {
      if (stage == stage_ && second.second() >= first_second_) return absl::OkStatus();
      return visit(stage, second);
    }));
    for (const v1::Interval& second : recovered_) WEIR_RETURN_IF_ERROR(visit(stage_, second));
    return absl::OkStatus();
  }

 private:
  const ReadKept& kept_;
  const v1::Phase stage_;
  const uint32_t first_second_;
  const std::vector<v1::Interval>& recovered_;
};

}  // namespace weir
