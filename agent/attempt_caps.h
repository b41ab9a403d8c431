// What a worker may send within the caps of its stage (R55). Never silently slower: what is
// measured ends at a cap, and the cap says why; a load waits for the next second and its allowance.
// One thread.
#pragma once

#include <cstdint>

#include "agent/rate_cap.h"

namespace weir {

class AttemptCaps {
 public:
  // The caps outlive it; null: no limit. Attempts are counted as they are sent, request units when
  // they are known, so that what is in flight comes on top.
  struct Settings {
    RateCap* operations = nullptr;
    RateCap* milli_ru = nullptr;
    bool waits = false;  // at a cap; else it is marked as reached
  };

  // A second of the stage, and when it is over.
  struct Second {
    uint32_t number;
    int64_t end_ns;
  };

  explicit AttemptCaps(const Settings& settings)
      : operations_(settings.operations), milli_ru_(settings.milli_ru), waits_(settings.waits) {}

  bool waits() const { return waits_ && limited(); }
  // Nothing may be sent yet: the second's allowance is used.
  bool Held(int64_t now_ns) const { return now_ns < held_until_ns_; }
  // A cap was reached that is not waited at.
  bool reached() const { return reached_; }

  // Whether another attempt may be sent; it is taken from the allowance then.
  bool Admit(const Second& second, int64_t now_ns) {
    if (!limited()) return true;
    if (Held(now_ns)) return false;
    if (!milli_ru_.Settle(second.number, 0)) return Hold(milli_ru_, second);
    return operations_.Take(second.number, 1) || Hold(operations_, second);
  }

  // What an attempt has used.
  void Charge(const Second& second, uint64_t milli_ru) {
    if (!milli_ru_.Settle(second.number, milli_ru)) Hold(milli_ru_, second);
  }

 private:
  bool limited() const { return operations_.limited() || milli_ru_.limited(); }

  // False.
  bool Hold(const Allowance& allowance, const Second& second) {
    if (waits_) {
      held_until_ns_ = second.end_ns;
    } else {
      allowance.cap()->SetReached();
      reached_ = true;
    }
    return false;
  }

  Allowance operations_;
  Allowance milli_ru_;
  const bool waits_;
  int64_t held_until_ns_ = 0;
  bool reached_ = false;
};

}  // namespace weir
