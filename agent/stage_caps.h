// The rate caps of one stage on one agent: its share of the campaign's, and its operator's own,
// whichever is less (R55).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "agent/operator_limits.h"
#include "agent/rate_cap.h"
#include "proto/control.pb.h"

namespace weir {

class StageCaps {
 public:
  // kInvalidArgument for a share of less than one operation per second.
  static absl::StatusOr<StageCaps> Of(const v1::StageBudget& budget, const OperatorLimits& limits);

  // kResourceExhausted when the agent's own part of the plan has more in a second.
  absl::Status Admit(const v1::Prepared& prepared) const;

  // Before the workers are made.
  void ShareOut(uint32_t workers);
  RateCap* operations() const { return operations_cap_.get(); }
  RateCap* milli_ru() const { return milli_ru_cap_.get(); }

  // Any thread. Which cap ended the stage, in words; empty: none did.
  std::string Reached() const;

 private:
  std::string OperationsText() const;

  uint64_t operations_ = 0;  // per second; 0: no limit
  uint64_t milli_ru_ = 0;
  bool own_operations_ = false;  // the operator's, and not the campaign's
  bool own_ru_ = false;
  std::unique_ptr<RateCap> operations_cap_;
  std::unique_ptr<RateCap> milli_ru_cap_;
};

// What the agents' operators allow, for the conditions of a run; nothing without a limit.
void DiscloseCaps(const v1::Campaign& campaign, const OperatorLimits& limits,
                  v1::Prepared* prepared);

}  // namespace weir
