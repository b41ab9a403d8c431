#include "backends/cosmos/partition_ranges.h"

#include <gtest/gtest.h>

#include "backends/cosmos/session_tokens.h"

namespace weir::cosmos {
namespace {

constexpr std::string_view kTwo =
    R"({"_rid":"x","_count":2,"PartitionKeyRanges":[)"
    R"({"id":"7","minInclusive":"1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF","maxExclusive":"FF"},)"
    R"({"id":"0","minInclusive":"","maxExclusive":"1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"}]})";

TEST(PartitionRanges, SortsAndFindsByEffectiveKey) {
  const auto ranges = PartitionRanges::Parse(kTwo);
  ASSERT_TRUE(ranges.ok()) << ranges.status();
  ASSERT_EQ(ranges->size(), 2u);
  EXPECT_EQ((*ranges)[0].id, "0");
  EXPECT_EQ((*ranges)[1].number, 7);
  // "redmond" hashes to 22E3…, 42 to 08E6….
  EXPECT_EQ(ranges->Find(HashPartitionKey(PartitionKeyValue::String("redmond"))), 1u);
  EXPECT_EQ(ranges->Find(HashPartitionKey(PartitionKeyValue::Number(42))), 0u);
  EXPECT_EQ(ranges->Find(EvenBound(1, 2)), 1u);
  EXPECT_EQ(ranges->Find(EffectivePartitionKey()), 0u);
}

TEST(PartitionRanges, RefusesGapsAndOtherJson) {
  for (const char* json :
       {"", "[]", "{}", R"({"PartitionKeyRanges":[]})", R"({"PartitionKeyRanges":[7]})",
        R"({"PartitionKeyRanges":[{"id":"0","minInclusive":"","maxExclusive":"1F"}]})",
        R"({"PartitionKeyRanges":[{"id":"0","minInclusive":"","maxExclusive":"xy"}]})",
        R"({"PartitionKeyRanges":[{"id":[],"minInclusive":"","maxExclusive":"FF"}]})"}) {
    EXPECT_EQ(PartitionRanges::Parse(json).status().code(), absl::StatusCode::kDataLoss) << json;
  }
}

TEST(PartitionRanges, TakesNumbersAsIds) {
  const auto ranges = PartitionRanges::Parse(
      R"({"PartitionKeyRanges":[{"id":3,"minInclusive":"","maxExclusive":"FF"}]})");
  ASSERT_TRUE(ranges.ok()) << ranges.status();
  EXPECT_EQ((*ranges)[0].id, "3");
  EXPECT_EQ((*ranges)[0].number, 3);
}

TEST(RangeDirectory, VersionChangesWithEachReading) {
  RangeDirectory directory;
  EXPECT_EQ(directory.version(), 0u);
  EXPECT_EQ(directory.Get(), nullptr);
  directory.Set(*PartitionRanges::Parse(kTwo));
  EXPECT_EQ(directory.version(), 1u);
  EXPECT_EQ(directory.Get()->size(), 2u);
}

TEST(SessionTokens, KeepTheLatestOfEachPartition) {
  SessionTokens tokens;
  EXPECT_TRUE(tokens.empty());
  tokens.Take("0:-1#5");
  tokens.Take("1:-1#9,0:-1#6");
  tokens.Take("nonsense");
  tokens.Take("");
  std::string text;
  tokens.AppendTo(&text);
  EXPECT_EQ(text, "0:-1#6,1:-1#9");
}

}  // namespace
}  // namespace weir::cosmos
