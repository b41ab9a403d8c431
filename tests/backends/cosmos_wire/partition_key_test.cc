#include "backends/cosmos/wire/partition_key.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::cosmos {
namespace {

using Value = PartitionKeyValue;

std::string Header(const std::vector<Value>& levels) {
  std::string header;
  AppendPartitionKeyHeader(levels, &header);
  return header;
}

TEST(PartitionKeyHeader, IsAJsonArrayOfTheLevels) {
  EXPECT_EQ(Header({Value::String("a")}), R"(["a"])");
  EXPECT_EQ(Header({Value::Number(42)}), "[42]");
  EXPECT_EQ(Header({Value::Number(-1.5)}), "[-1.5]");
  EXPECT_EQ(Header({Value::Null()}), "[null]");
  EXPECT_EQ(Header({Value()}), "[{}]");
  EXPECT_EQ(Header({Value::Bool(true), Value::Bool(false)}), "[true,false]");
  EXPECT_EQ(Header({Value::String("T"), Value::String("U")}), R"(["T","U"])");
}

TEST(PartitionKeyHeader, IsAsciiOnly) {
  EXPECT_EQ(Header({Value::String("é€😀")}), R"(["\u00e9\u20ac\ud83d\ude00"])");
  EXPECT_EQ(Header({Value::String("a\"b\\c\nd")}), R"(["a\"b\\c\u000ad"])");
}

TEST(PartitionKeyHeader, ReplacesBrokenUtf8) {
  EXPECT_EQ(Header({Value::String("\xC3")}), R"(["\ufffd"])");
  EXPECT_EQ(Header({Value::String("\xFFz")}), R"(["\ufffdz"])");
  EXPECT_EQ(Header({Value::String("\xE2\x82z")}), R"(["\ufffdz"])");
  EXPECT_EQ(Header({Value::String("\xC0\x80")}), R"(["\ufffd\ufffd"])");
}

}  // namespace
}  // namespace weir::cosmos
