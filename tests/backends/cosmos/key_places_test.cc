#include "backends/cosmos/key_places.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/json_text.h"
#include "backends/cosmos/wire/effective_partition_key.h"

namespace weir::cosmos {
namespace {

PartitionRanges Ranges(int count) {
  std::vector<PartitionRange> ranges;
  for (int i = 0; i < count; ++i) {
    ranges.push_back({absl::StrCat(i), i, EvenBound(i, count), EvenBound(i + 1, count)});
  }
  return PartitionRanges(std::move(ranges));
}

void ExpectPlace(const KeyPlaces::Place& place, const PartitionRanges& ranges,
                 const PartitionKeyValue& key) {
  std::string header;
  AppendPartitionKeyHeader({&key, 1}, &header);
  std::string member;
  AppendJsonString(header, &member);
  EXPECT_EQ(place.range, ranges.Find(HashPartitionKey(key)));
  EXPECT_EQ(place.header, header);
  EXPECT_EQ(place.member, member);
}

// More keys than are remembered, again and again, before and after ranges change.
TEST(KeyPlaces, AreThoseOfTheKeyWhateverWasAskedBefore) {
  const PartitionRanges four = Ranges(4);
  const PartitionRanges seven = Ranges(7);
  KeyPlaces places;
  for (const PartitionRanges* ranges : {&four, &seven, &four}) {
    places.Start(*ranges);
    for (const int keys : {3, 64, 5000}) {
      for (int i = 0; i < 12'000; ++i) {
        const std::string text = absl::StrCat("key \"", i * 31 % keys, "\"");
        const PartitionKeyValue key = PartitionKeyValue::String(text);
        ExpectPlace(places.Of(key), *ranges, key);
      }
    }
    const PartitionKeyValue number = PartitionKeyValue::Number(17.5);
    ExpectPlace(places.Of(number), *ranges, number);
    const PartitionKeyValue none;
    ExpectPlace(places.Of(none), *ranges, none);
  }
}

}  // namespace
}  // namespace weir::cosmos
