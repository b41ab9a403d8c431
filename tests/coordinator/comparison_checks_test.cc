#include "coordinator/comparison_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"

#include "tests/coordinator/campaign_text.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

std::string Comparing(const std::string& compare, const std::string& phases = "load: ") {
  return absl::StrCat(
      "name: c\ndataset: {records: 10, logs: }\n"
      "targets:\n  - {name: pg, postgres: {}}\n  - {name: other, postgres: {table: other}}\n"
      "scenarios: [{name: s, phases: {",
      phases, "}}]\ncompare: {", compare, "}\n");
}

constexpr char kMetric[] = "metrics: [{metric: records_per_s}]";

TEST(ComparisonChecks, AcceptTheSmallestDesignThatCanReachAVerdict) {
  EXPECT_EQ(Problems(Comparing(absl::StrCat(kMetric, ", rounds: 6"))), "");
  EXPECT_EQ(Problems(Comparing(absl::StrCat(kMetric, ", mode: quick"))), "");
}

TEST(ComparisonChecks, RefuseADesignThatCannotReachAVerdict) {
  EXPECT_EQ(
      Problems(Comparing(absl::StrCat(kMetric, ", rounds: 5"))),
      "f:7:55: rounds: 5 cannot lead to any verdict: 1 comparison is judged together (metrics "
      "× targets besides the baseline × scenarios), which takes 6 rounds at least; give more "
      "rounds, or fewer metrics");
}

// Each of two looks has half of the significance, which takes a pair more.
TEST(ComparisonChecks, NeedMoreRoundsWhereTheyMayBeExtended) {
  EXPECT_THAT(Problems(Comparing(absl::StrCat(kMetric, ", rounds: 6, extend: true"))),
              HasSubstr("takes 7 rounds at least"));
  EXPECT_EQ(Problems(Comparing(absl::StrCat(kMetric, ", rounds: 7, extend: true"))), "");
  EXPECT_EQ(Problems(Comparing(absl::StrCat(kMetric, ", mode: quick, extend: true"))), "");
}

// Twelve numbers over eight pairs have no power at all.
TEST(ComparisonChecks, CountTheWholeFamily) {
  std::string text = Comparing(
      "metrics: [{metric: records_per_s}, {metric: duration_s}, {metric: throughput_ops_per_s}], "
      "rounds: 8");
  const size_t end = text.find("scenarios:");
  text.insert(end,
              "  - {name: c, postgres: {table: c}}\n  - {name: d, postgres: {table: d}}\n"
              "  - {name: e, postgres: {table: e}}\n");
  EXPECT_THAT(Problems(text), HasSubstr("12 comparisons are judged together"));
  EXPECT_THAT(Problems(text), HasSubstr("takes 9 rounds at least"));
}

TEST(ComparisonChecks, RankWhatDoesNotPromiseTheSameOnlyWhenToldTo) {
  const std::string unlike =
      absl::StrReplaceAll(Comparing(absl::StrCat(kMetric, ", rounds: 6")),
                          {{"table: other", "table: other, unlogged: true"}});
  EXPECT_THAT(Problems(unlike), HasSubstr("the targets differ in durability: "));
  EXPECT_THAT(Problems(unlike), HasSubstr("'acknowledge: [durability]'"));
  EXPECT_THAT(Problems(absl::StrReplaceAll(
                  unlike, {{"rounds: 6", "rounds: 6, acknowledge: [batch, durabilty]"}})),
              HasSubstr("did you mean 'durability'?"));
  EXPECT_EQ(Problems(absl::StrReplaceAll(unlike,
                                         {{"rounds: 6", "rounds: 6, acknowledge: [durability]"}})),
            "");
}

TEST(ComparisonChecks, NeedTheSameStartForEveryRun) {
  const std::string compare = absl::StrCat(kMetric, ", rounds: 6");
  EXPECT_THAT(Problems(Comparing(compare, "load: {verify: false}")),
              HasSubstr("remove 'verify: false'"));
  EXPECT_THAT(Problems(Comparing(compare, "measure: 1s")),
              HasSubstr("restores the same records before each run; give 'load'"));
}

TEST(ComparisonChecks, NeedABaselineThatEveryScenarioRuns) {
  const std::string named = absl::StrCat(kMetric, ", rounds: 6, baseline: ");
  EXPECT_THAT(Problems(Comparing(named + "pgg")),
              HasSubstr("no target is called 'pgg'; did you mean 'pg'?"));
  std::string left_out = Comparing(named + "pg");
  left_out.replace(left_out.find("{name: s,"), 9, "{name: s, targets: [other],");
  EXPECT_THAT(Problems(left_out), HasSubstr("leaves out 'pg'"));
  EXPECT_THAT(Problems(left_out), HasSubstr("needs two targets or more"));
}

TEST(ComparisonChecks, AllowThreeMetricsAndInQuickModeOne) {
  const std::string two = "metrics: [{metric: records_per_s}, {metric: duration_s}]";
  EXPECT_THAT(Problems(Comparing(two + ", mode: quick, rounds: 10")),
              HasSubstr("2 are declared, at most 1 is allowed in mode quick"));
  const std::string four =
      "metrics: [{metric: a}, {metric: b}, {metric: c}, {metric: d}], rounds: 20";
  EXPECT_THAT(Problems(Comparing(four)), HasSubstr("4 are declared, at most 3 are allowed"));
  EXPECT_THAT(Problems(Comparing("metrics: [{metric: a}, {metric: a}], rounds: 20")),
              HasSubstr("declared twice"));
  EXPECT_THAT(Problems(Comparing("metrics: [{metric: a, operation: raed}], rounds: 20")),
              HasSubstr("no scenario has an operation called 'raed'"));
}

TEST(ComparisonChecks, LetTargetsShareATableThatEveryRunMakesAnew) {
  std::string text = Comparing(absl::StrCat(kMetric, ", rounds: 6"));
  text.replace(text.find("{table: other}"), 14, "{fillfactor: 90}");
  EXPECT_EQ(Problems(text), "");
  EXPECT_THAT(Problems(text.substr(0, text.find("compare:"))), HasSubstr("both use table"));
}

TEST(CampaignVariants, BecomeTargetsOfTheirOwn) {
  const std::string text =
      "name: c\ndataset: {records: 10, logs: }\n"
      "targets:\n"
      "  - name: pg\n"
      "    postgres: {port: 5433, fillfactor: 90}\n"
      "    variants:\n"
      "      - {name: bare, set: [postgres.indexes=none, postgres.table=bare]}\n"
      "      - {name: big, set: [batch=1000, postgres.table=big]}\n"
      "  - {name: lite, sqlite: {path: a.db}}\n"
      "scenarios: [{name: s, phases: {load: }}]\n";
  const CampaignReading reading = ReadCampaignText(text, "f", {});
  EXPECT_EQ(Problems(text), "");
  ASSERT_EQ(reading.campaign.targets_size(), 4);
  const v1::Target& bare = reading.campaign.targets(1);
  EXPECT_EQ(bare.name(), "bare");
  EXPECT_EQ(bare.postgres().indexes(), v1::INDEX_SET_NONE);
  EXPECT_EQ(bare.postgres().port(), 5433u) << "the rest is the target's";
  EXPECT_EQ(bare.postgres().fillfactor(), 90u);
  EXPECT_EQ(reading.campaign.targets(2).batch(), 1000u);
  EXPECT_EQ(reading.campaign.targets(3).name(), "lite");
  for (const v1::Target& target : reading.campaign.targets()) EXPECT_EQ(target.variants_size(), 0);
}

TEST(CampaignVariants, AreCheckedWhereTheyStand) {
  const std::string text =
      "name: c\ndataset: {records: 10, logs: }\n"
      "targets:\n"
      "  - name: pg\n"
      "    postgres: {port: 70000}\n"
      "    variants:\n"
      "      - {name: bare, set: [postgres.indexs=none, table]}\n"
      "      - {nam: x, set: []}\n"
      "      - {name: pg, set: [postgres.table=t]}\n"
      "scenarios: [{name: s, phases: {load: }}]\n";
  const std::string problems = Problems(text);
  EXPECT_THAT(problems, HasSubstr("f:5:22: port: "));
  EXPECT_EQ(problems.find("port: ", problems.find("port: ") + 6), std::string::npos) << "once";
  EXPECT_THAT(problems, HasSubstr("f:7:28: unknown key 'indexs'"));
  EXPECT_THAT(problems, HasSubstr("expected path=value"));
  EXPECT_THAT(problems, HasSubstr("f:8:10: unknown key 'nam'"));
  EXPECT_THAT(problems, HasSubstr("the name 'pg' is already used"));
}

}  // namespace
}  // namespace weir
