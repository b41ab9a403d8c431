#include "generators/fixed_divisor.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace weir {
namespace {

void ExpectSame(uint64_t dividend, uint64_t divisor) {
  const auto [quotient, rest] = FixedDivisor(divisor).Divide(dividend);
  ASSERT_EQ(quotient, dividend / divisor) << dividend << " / " << divisor;
  ASSERT_EQ(rest, dividend % divisor) << dividend << " / " << divisor;
}

TEST(FixedDivisor, DividesAsTheMachineAtEveryEdge) {
  std::vector<uint64_t> edges = {0, 1, 2, 3, 5, 7, 10, 1000, UINT64_MAX, UINT64_MAX - 1};
  for (int bit = 2; bit < 64; ++bit) {
    for (const int64_t off : {-1, 0, 1}) {
      edges.push_back((uint64_t{1} << bit) + static_cast<uint64_t>(off));
    }
  }
  for (const uint64_t divisor : edges) {
    if (divisor == 0) continue;
    for (const uint64_t dividend : edges) ExpectSame(dividend, divisor);
    // Around multiples, where a quotient that is one off shows.
    for (const uint64_t times : edges) {
      const uint64_t multiple = divisor * times;
      ExpectSame(multiple, divisor);
      ExpectSame(multiple - 1, divisor);
    }
  }
}

TEST(FixedDivisor, DividesAsTheMachineAnywhere) {
  DrawStream draws(DeriveKey(1, "divisor"), 0);
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t divisor = (draws.Next() >> draws.Below(64)) | 1;
    ExpectSame(draws.Next() >> draws.Below(64), divisor);
  }
}

}  // namespace
}  // namespace weir
