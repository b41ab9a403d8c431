#include "agent/rate_cap.h"

namespace weir {

uint64_t RateCap::Draw(uint32_t second, uint64_t wanted) {
  uint64_t drawn = drawn_.load(std::memory_order_relaxed);
  while (!reached()) {
    // A worker that has not seen the second end yet draws from the one that has begun.
    const uint64_t current = std::max<uint64_t>(second, drawn >> kBits);
    const uint64_t before = drawn >> kBits == current ? drawn & kMost : 0;
    const uint64_t given = std::min(per_second_ - before, std::max(wanted, portion_));
    const uint64_t after = (current << kBits) | (before + given);
    if (drawn_.compare_exchange_weak(drawn, after, std::memory_order_relaxed)) return given;
  }
  return 0;
}

bool Allowance::DrawAndTake(uint32_t second, uint64_t amount) {
  if (second != second_) left_ = 0;
  second_ = second;
  if (left_ < amount) left_ += cap_->Draw(second, amount - left_);
  if (left_ < amount) return false;
  left_ -= amount;
  return true;
}

bool Allowance::Settle(uint32_t second, uint64_t used) {
  if (cap_ == nullptr) return true;
  owed_ += used;
  if (owed_ == 0 || Take(second, owed_)) {
    owed_ = 0;
    return true;
  }
  owed_ -= left_;
  left_ = 0;
  return false;
}

}  // namespace weir
