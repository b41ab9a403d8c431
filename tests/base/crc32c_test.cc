#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/random.h"

namespace weir {
namespace {

TEST(Crc32c, IsCastagnolis) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);  // RFC 3720, B.4
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
}

TEST(PartCrcs, AreTheChecksumsOfTheParts) {
  DrawStream draws(DeriveKey(1, "parts"), 0);
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes.push_back(static_cast<char>(draws.Below(256)));
  const PartCrcs crcs(bytes);
  for (uint64_t offset = 0; offset <= bytes.size(); ++offset) {
    for (const uint64_t wanted : {0, 1, 63, 64, 65, 500, 1000}) {
      const uint64_t size = std::min<uint64_t>(wanted, bytes.size() - offset);
      ASSERT_EQ(crcs.Of(offset, size), Crc32c(absl::string_view(bytes).substr(offset, size)))
          << offset << ", " << size;
    }
  }
}

TEST(PartCrcs, OfNothingAndOfMuch) {
  EXPECT_EQ(PartCrcs("").Of(0, 0), 0u);
  const std::string much(5'000'000, 'm');
  EXPECT_EQ(PartCrcs(much).Of(7, 4'000'001), Crc32c(std::string(4'000'001, 'm')));
}

}  // namespace
}  // namespace weir
