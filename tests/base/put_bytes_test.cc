#include "base/put_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

TEST(PutBytes, CopiesEveryLengthAndNothingBeside) {
  for (size_t size = 0; size <= 100; ++size) {
    std::string from;
    for (size_t i = 0; i < size; ++i) from.push_back(static_cast<char>('A' + i % 50));
    std::string to(size + 2, '.');
    EXPECT_EQ(PutBytes(from, to.data() + 1), to.data() + 1 + size);
    EXPECT_EQ(to, "." + from + ".") << size;
  }
}

}  // namespace
}  // namespace weir
