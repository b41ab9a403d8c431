#include "reports/hlog_writer.h"

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

#include "measure/tally.h"
#include "reports/report.h"
#include "reports/result_row.h"
#include "tests/reports/sample_run.h"
#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

// One line of the log, as another program would take it apart.
struct Line {
  std::string tag;
  double start = 0;
  double length = 0;
  double max = 0;
  Histogram histogram;
};

Histogram Inflated(const std::string& text) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(text, &bytes));
  EXPECT_EQ(bytes.substr(0, 4), std::string("\x1c\x84\x93\x14"));
  std::string payload(1 << 20, '\0');
  uLongf size = payload.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(payload.data()), &size,
                       reinterpret_cast<const Bytef*>(bytes.data()) + 8, bytes.size() - 8),
            Z_OK);
  payload.resize(size);
  Histogram histogram;
  EXPECT_TRUE(histogram.AddEncodedV2(payload).ok());
  return histogram;
}

Line Parse(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ',');
  Line line;
  if (parts.size() != 5 || !absl::StartsWith(parts[0], "Tag=")) {
    ADD_FAILURE() << text;
    return line;
  }
  line.tag = parts[0].substr(4);
  EXPECT_TRUE(absl::SimpleAtod(parts[1], &line.start));
  EXPECT_TRUE(absl::SimpleAtod(parts[2], &line.length));
  EXPECT_TRUE(absl::SimpleAtod(parts[3], &line.max));
  EXPECT_TRUE(absl::StartsWith(parts[4], "HISTFA")) << text;
  line.histogram = Inflated(parts[4]);
  return line;
}

class HlogTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = *OpenResultsStore(folder_.File("results.db"));
    ASSERT_TRUE(test::SaveSampleRun(*store_).ok());
    run_ = *store_->LoadRun("latest");
    ASSERT_TRUE(WriteHlog(*store_, run_, path_).ok());
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      (line[0] == '#' || line[0] == '"' ? heading_ : lines_).push_back(line);
    }
  }

  test::TemporaryFolder folder_;
  const std::string path_ = folder_.File("run.hlog");
  std::unique_ptr<ResultsStore> store_;
  v1::RunResult run_;
  std::vector<std::string> heading_;
  std::vector<std::string> lines_;
};

TEST_F(HlogTest, BeginsAsTheFormatWants) {
  ASSERT_EQ(heading_.size(), 5u);
  EXPECT_TRUE(absl::StartsWith(heading_[0], "#[Logged with weir "));
  EXPECT_EQ(heading_[1], "#[Histogram log format version 1.3]");
  EXPECT_EQ(heading_[2],
            "#[StartTime: 1795227300.000 (seconds since epoch), Sat Nov 21 02:15:00 UTC 2026]");
  EXPECT_EQ(heading_[4],
            "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
            "\"Interval_Compressed_Histogram\"");
}

// R18: the seconds of a run add up to its totals, bucket by bucket.
TEST_F(HlogTest, SecondsOfATagAddUpToTheTotalOfTheRun) {
  std::map<std::string, Histogram> sums;
  for (const std::string& text : lines_) {
    const Line line = Parse(text);
    EXPECT_EQ(line.length, 1);
    EXPECT_NEAR(line.max, static_cast<double>(line.histogram.Max()) / 1e6, 1e-6);
    sums[line.tag].Add(line.histogram);
  }
  size_t compared = 0;
  for (const v1::Leg& leg : run_.legs()) {
    for (const v1::PhaseResult& result : leg.results()) {
      Tally total;
      ASSERT_TRUE(total.Add(result.total()).ok());
      const std::string tag =
          absl::StrCat(leg.scenario(), "/", leg.target(), "/", PhaseName(result.phase()), "/",
                       OperationName(leg, result.phase(), result.operation()), "/");
      for (const auto& [name, histogram] :
           std::map<std::string, const Histogram*>{{"response", &total.response},
                                                   {"service", &total.service},
                                                   {"wait", &total.wait},
                                                   {"lag", &total.lag},
                                                   {"failed_response", &total.failed_response},
                                                   {"dispatch_response", &total.dispatch_response},
                                                   {"server_time", &total.server_time},
                                                   {"charge", &total.charge}}) {
        EXPECT_EQ(sums[tag + name], *histogram) << tag << name;
        compared += histogram->empty() ? 0 : 1;
      }
    }
  }
  EXPECT_GT(compared, 50u);
  EXPECT_EQ(sums.size(), compared + std::count_if(sums.begin(), sums.end(), [](const auto& sum) {
                           return sum.second.empty();
                         }));
}

TEST_F(HlogTest, CountsWhatACutMovedAsWarmUp) {
  v1::Leg& leg = *run_.mutable_legs(0);
  for (v1::PhaseSpan& span : *leg.mutable_spans()) {
    if (span.phase() == v1::PHASE_MEASURE) span.set_first_second(20);
  }
  ASSERT_TRUE(WriteHlog(*store_, run_, path_).ok());
  std::ifstream file(path_);
  bool moved = false;
  for (std::string text; std::getline(file, text);) {
    if (!absl::StrContains(text, "mixed/postgres/")) continue;
    const Line line = Parse(text);
    EXPECT_TRUE(line.start >= 20 || !absl::StrContains(line.tag, "/measure/")) << text;
    moved |= absl::StrContains(line.tag, "/warm_up/") && line.start == 19;
  }
  EXPECT_TRUE(moved);
}

TEST(Hlog, TagsHoldNeitherCommaNorSpace) {
  EXPECT_EQ(TagPart("p99, of = all/ops\n"), "p99__of___all_ops_");
  EXPECT_EQ(TagPart("weir-1.2_a"), "weir-1.2_a");
}

TEST(Hlog, CompressesWhatInflatesToTheSameHistogram) {
  Histogram histogram;
  for (uint64_t i = 0; i < 1000; ++i) histogram.Record(i * i * 977);
  EXPECT_EQ(Inflated(CompressedHistogram(histogram)), histogram);
  EXPECT_EQ(Inflated(CompressedHistogram(Histogram())), Histogram());
}

}  // namespace
}  // namespace weir
