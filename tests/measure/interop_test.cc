// Against payloads that another HdrHistogram made: tests/measure/interop/.
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

#include "measure/histogram.h"

namespace weir {
namespace {

using Pairs = std::vector<std::pair<uint64_t, uint64_t>>;

struct Golden {
  std::string name;
  Pairs values;
  std::string payload;
  Pairs percentiles;
};

Pairs ParsePairs(const std::string& text, char separator) {
  Pairs pairs;
  for (const absl::string_view item : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(item, separator);
    std::pair<uint64_t, uint64_t> pair;
    EXPECT_TRUE(parts.size() == 2 && absl::SimpleAtoi(parts[0], &pair.first) &&
                absl::SimpleAtoi(parts[1], &pair.second))
        << item;
    pairs.push_back(pair);
  }
  return pairs;
}

std::vector<Golden> ReadGolden() {
  std::ifstream file("tests/measure/interop/golden.txt");
  std::vector<Golden> all;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> parts = absl::StrSplit(line, '|');
    if (parts.size() != 4) ADD_FAILURE() << line;
    all.push_back({parts[0], ParsePairs(parts[1], '*'), absl::HexStringToBytes(parts[2]),
                   ParsePairs(parts[3], '=')});
  }
  return all;
}

Histogram HistogramOf(const Pairs& values) {
  Histogram histogram;
  for (const auto& [value, times] : values) histogram.RecordTimes(value, times);
  return histogram;
}

TEST(HistogramInterop, WritesTheBytesThatAnotherImplementationWrites) {
  const std::vector<Golden> all = ReadGolden();
  ASSERT_EQ(all.size(), 10u);
  for (const Golden& golden : all) {
    EXPECT_EQ(HistogramOf(golden.values).EncodeV2(), golden.payload) << golden.name;
  }
}

TEST(HistogramInterop, ReadsWhatAnotherImplementationWrote) {
  for (const Golden& golden : ReadGolden()) {
    Histogram histogram;
    EXPECT_TRUE(histogram.AddEncodedV2(golden.payload).ok()) << golden.name;
    EXPECT_EQ(histogram, HistogramOf(golden.values)) << golden.name;
  }
}

TEST(HistogramInterop, ReportsTheQuantilesThatAnotherImplementationReports) {
  for (const Golden& golden : ReadGolden()) {
    const Histogram histogram = HistogramOf(golden.values);
    for (const auto& [percentile, value] : golden.percentiles) {
      EXPECT_EQ(histogram.ValueAtQuantile(static_cast<double>(percentile) / 100), value)
          << golden.name << " p" << percentile;
    }
  }
}

}  // namespace
}  // namespace weir
