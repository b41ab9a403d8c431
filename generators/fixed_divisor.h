// Division by a number that is known beforehand: a multiplication instead of the machine's
// division. Exact for every dividend: the estimate by floor(2⁶⁴ ÷ divisor) is the quotient or one
// less. Source: Granlund and Montgomery, PLDI 1994. Immutable; any thread.
#pragma once

#include <cstdint>

#include "base/check.h"

namespace weir {

class FixedDivisor {
 public:
  explicit FixedDivisor(uint64_t divisor) : divisor_(divisor) {
    WEIR_CHECK(divisor > 0);
    // Of 2⁶⁴ ÷ 1 there are no 64 bits; one less makes its estimate too small by one at most, too.
    inverse_ = divisor == 1 ? UINT64_MAX : UINT64_MAX / divisor + Divides(divisor);
  }

  struct Parts {
    uint64_t quotient;
    uint64_t rest;
  };
  Parts Divide(uint64_t dividend) const {
    __extension__ using Wide = unsigned __int128;
    const uint64_t guess = static_cast<uint64_t>((static_cast<Wide>(dividend) * inverse_) >> 64);
    const uint64_t rest = dividend - guess * divisor_;
    const uint64_t more = rest >= divisor_ ? 1 : 0;
    return {guess + more, rest - more * divisor_};
  }
  uint64_t divisor() const { return divisor_; }

 private:
  // floor(2⁶⁴ ÷ d) is one more than floor((2⁶⁴ − 1) ÷ d) where d divides 2⁶⁴.
  static uint64_t Divides(uint64_t divisor) { return (divisor & (divisor - 1)) == 0 ? 1 : 0; }

  uint64_t divisor_;
  uint64_t inverse_;
};

}  // namespace weir
