// What an agent's stage may use in any one second (R55): operations sent, every attempt counted, or
// request units. The seconds are those of the stage. The workers draw portions of each second's
// amount, so that what they share is touched rarely and nobody waits.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace weir {

// Any thread.
class RateCap {
 public:
  // per_second < 2^40. A worker's portion is a 64th of its part: so much may stay unused.
  RateCap(uint64_t per_second, uint32_t workers)
      : per_second_(std::min(per_second, kMost)),
        portion_(std::max<uint64_t>(1, per_second_ / 64 / std::max(workers, 1u))) {}

  // From what is left in `second`: a portion, or what is wanted where that is more; less when there
  // is not so much left, nothing once the cap was reached. Seconds < 2^24.
  uint64_t Draw(uint32_t second, uint64_t wanted);

  // Somebody needed more than there is: nothing is given out any more, for a stage that ends.
  void SetReached() { reached_.store(true, std::memory_order_relaxed); }
  bool reached() const { return reached_.load(std::memory_order_relaxed); }

 private:
  static constexpr int kBits = 40;
  static constexpr uint64_t kMost = (uint64_t{1} << kBits) - 1;

  const uint64_t per_second_;
  const uint64_t portion_;
  std::atomic<uint64_t> drawn_{0};  // the second, and in the low bits what was drawn in it
  std::atomic<bool> reached_{false};
};

// One worker's side of a cap; one thread. Without a cap it allows everything.
class Allowance {
 public:
  explicit Allowance(RateCap* cap = nullptr) : cap_(cap) {}

  bool limited() const { return cap_ != nullptr; }
  RateCap* cap() const { return cap_; }

  // False, and nothing is taken, when there is not so much left in this second.
  bool Take(uint32_t second, uint64_t amount) {
    if (cap_ == nullptr) return true;
    if (second == second_ && amount <= left_) {
      left_ -= amount;
      return true;
    }
    return DrawAndTake(second, amount);
  }

  // Of what has been used already: what is not covered is owed by the seconds that follow. True
  // when nothing is owed.
  bool Settle(uint32_t second, uint64_t used);

 private:
  bool DrawAndTake(uint32_t second, uint64_t amount);

  RateCap* cap_;
  uint32_t second_ = 0;
  uint64_t left_ = 0;  // drawn and not yet taken, of this second
  uint64_t owed_ = 0;
};

}  // namespace weir
