#include "coordinator/campaign_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"

#include "tests/coordinator/campaign_text.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr char kMeasure[] = "    phases: {measure: 9s}\n";
constexpr char kClosed[] = "    shape: {closed: {sessions: 1}}\n";
constexpr char kRead[] = "    operations: [{do: read}]\n";

std::string ScenarioProblems(const std::string& lines) { return Problems(WithScenario(lines)); }

TEST(CampaignChecks, AcceptARichCampaign) { EXPECT_EQ(Problems(kRichCampaign), ""); }

TEST(CampaignChecks, MeasuringNeedsAShapeAndOperations) {
  EXPECT_EQ(ScenarioProblems(kMeasure),
            "f:5:5: a measure phase needs the key 'shape'\n"
            "f:5:5: a measure phase needs the key 'operations'");
}

TEST(CampaignChecks, AShapeWithoutMeasureHasNoEffect) {
  EXPECT_EQ(ScenarioProblems(absl::StrCat("    phases: {load: }\n", kClosed, kRead)),
            "f:7:5: 'shape' has no effect without a measure phase\n"
            "f:8:5: 'operations' has no effect without a measure phase");
}

TEST(CampaignChecks, AScenarioMustDoSomething) {
  EXPECT_EQ(ScenarioProblems("    phases: {}\n"),
            "f:6:5: the scenario does nothing; give 'load', 'measure' or both");
  EXPECT_EQ(ScenarioProblems("    phases: {warm_up: 5s}\n"),
            "f:6:23: warm_up: nothing is measured after it; give 'measure'");
}

TEST(CampaignChecks, AnOpenLoopHasEitherRateOrStages) {
  const std::string around = absl::StrCat(kMeasure, kRead, "    shape: {open: ");
  EXPECT_EQ(ScenarioProblems(around + "{}}\n"), "f:8:13: an open loop needs 'rate' or 'stages'");
  EXPECT_EQ(ScenarioProblems(around + "{rate: 5/s, stages: [{to: 1/s, duration: 1s}]}}\n"),
            "f:8:31: 'stages' contradicts 'rate'; give only one of the two");
  EXPECT_EQ(ScenarioProblems(around + "{rate: 0/s}}\n"), "f:8:26: rate: must be more than 0");
  EXPECT_EQ(ScenarioProblems(around + "{stages: [{to: 0/s, duration: 1s}]}}\n"),
            "f:8:20: stages: every rate is 0");
  EXPECT_EQ(ScenarioProblems(around + "{stages: [{to: 1/s, duration: 0s}]}}\n"),
            "f:8:49: duration: a stage must last longer than 0s");
}

TEST(CampaignChecks, BurstAndReplayGoWithTheirArrivals) {
  const std::string around = absl::StrCat(kMeasure, kRead, "    shape: {open: ");
  EXPECT_EQ(ScenarioProblems(around + "{rate: 5/s, arrivals: burst, burst: {factor: 4}}}\n"), "");
  EXPECT_EQ(ScenarioProblems(around + "{arrivals: replay, replay: {path: a.txt}}}\n"), "");
  EXPECT_EQ(ScenarioProblems(around + "{rate: 5/s, burst: {factor: 4}}}\n"),
            "f:8:31: 'burst' only goes with arrivals: burst");
  EXPECT_EQ(ScenarioProblems(around + "{rate: 5/s, arrivals: constant, replay: {path: a}}}\n"),
            "f:8:51: 'replay' only goes with arrivals: replay");
  EXPECT_EQ(ScenarioProblems(around + "{rate: 5/s, arrivals: burst}}\n"),
            "f:8:13: arrivals: burst needs the key 'burst'; 'burst: {}' takes the defaults of its "
            "factor and its lengths");
  EXPECT_EQ(ScenarioProblems(around + "{rate: 5/s, arrivals: burst, burst: {calm: 0s}}}\n"),
            "f:8:62: calm: must last longer than 0s");
  EXPECT_EQ(ScenarioProblems(around + "{arrivals: replay}}\n"),
            "f:8:13: arrivals: replay needs the key 'replay' with the path of a file");
  EXPECT_EQ(ScenarioProblems(around + "{rate: 5/s, arrivals: replay, replay: {path: a}}}\n"),
            "f:8:26: 'rate' contradicts arrivals: replay, whose times come from its file; remove "
            "one of the two");
  EXPECT_EQ(ScenarioProblems(around + "{arrivals: burst, burst: {}}}\n"),
            "f:8:13: an open loop needs 'rate' or 'stages'");
}

TEST(CampaignChecks, AWrongRateIsNotAMissingRate) {
  EXPECT_EQ(ScenarioProblems(absl::StrCat(kMeasure, kRead, "    shape: {open: {rate: fast}}\n")),
            "f:8:26: rate: expected a rate with its unit, such as 2000/s, 0.5/s or 300/m, found "
            "'fast'");
}

TEST(CampaignChecks, QueriesAndBatchesGoWithTheirKinds) {
  const std::string around = absl::StrCat(kMeasure, kClosed, "    operations: ");
  EXPECT_EQ(ScenarioProblems(around + "[{do: query}]\n"),
            "f:8:18: do: query needs the key 'query' with the name of a query");
  EXPECT_EQ(ScenarioProblems(around + "[{do: read, query: x}]\n"),
            "f:8:36: query: only goes with do: query");
  EXPECT_EQ(ScenarioProblems(around + "[{do: read, batch: 2}]\n"),
            "f:8:36: batch: only goes with do: insert and do: upsert");
  EXPECT_EQ(ScenarioProblems(around + "[{do: upsert, batch: 2}]\n"), "");
}

TEST(CampaignChecks, OperationsDifferInTheirNames) {
  EXPECT_EQ(ScenarioProblems(absl::StrCat(kMeasure, kClosed,
                                          "    operations: [{do: read}, {do: read, weight: 2}]\n")),
            "f:8:30: the operations 1 and 2 are both called 'read' in reports; give one a name of "
            "its own");
}

TEST(CampaignChecks, NoOperationTakesTheNameOfTheLoadPhase) {
  EXPECT_EQ(ScenarioProblems(
                absl::StrCat(kMeasure, kClosed, "    operations: [{do: read, name: load}]\n")),
            "f:8:35: name: 'load' is what reports call the load phase; take another");
}

TEST(CampaignChecks, ThresholdsReferToWhatThereIs) {
  const std::string around =
      absl::StrCat(kMeasure, kClosed, kRead, "    thresholds:\n      - {metric: m, ");
  EXPECT_EQ(ScenarioProblems(around + "at_most: 1, operation: raed}\n"),
            "f:10:44: no operation of this scenario is called 'raed'; did you mean 'read'?");
  EXPECT_EQ(ScenarioProblems(around + "at_most: 1, target: x}\n"),
            "f:10:41: no target of this scenario is called 'x'; did you mean 't'?");
  EXPECT_EQ(ScenarioProblems(around + "at_least: 2, at_most: 1}\n"),
            "f:10:31: at_least is larger than at_most: nothing could meet both");
}

TEST(CampaignChecks, ScenariosNameTargetsThatExist) {
  EXPECT_EQ(ScenarioProblems("    phases: {load: }\n    targets: [t, t, other]\n"),
            "f:7:18: the target 't' is named twice; remove one\n"
            "f:7:21: no target is called 'other'; there are: t");
}

TEST(CampaignChecks, TwoTargetsDoNotShareOneTable) {
  EXPECT_EQ(
      Problems("name: c\ndataset: {records: 1, logs: }\n"
               "targets:\n  - {name: a, postgres: }\n  - {name: b, postgres: {unlogged: true}}\n"
               "scenarios: [{name: s, phases: {load: }}]\n"),
      "f:5:5: the targets 'a' and 'b' both use table weir_records of database postgres at "
      "127.0.0.1:5432; give one of them another");
}

TEST(CampaignChecks, SettingsOfATargetAgree) {
  EXPECT_THAT(Problems(kRichCampaign, {"targets.pg.postgres.tls_key=/k"}),
              HasSubstr("tls_certificate and tls_key belong together"));
  EXPECT_EQ(Problems(kRichCampaign, {"targets.cosmos.cosmos.throughput=450"}),
            "--set targets.cosmos.cosmos.throughput: throughput: Cosmos DB provisions in steps of "
            "100 RU/s, found 450");
}

TEST(CampaignChecks, SettingsOfAScenarioAgree) {
  EXPECT_EQ(ScenarioProblems("    phases: {load: }\n    timeout: 0s\n    retry: {cap: 1ms}\n"
                             "    keys: {law: hotspot, hot_records: 1}\n"),
            "f:7:14: timeout: must be more than 0s\n"
            "f:8:5: retry: 'cap' is shorter than 'base'\n"
            "f:9:39: hot_records: a hotspot needs a share between 0 and 1, both excluded");
}

TEST(CampaignChecks, ABudgetThatNothingCanUseUpIsRefused) {
  const std::string text = "budget: {ru: 5, ru_per_second: 7, operations: 9/s}\n";
  EXPECT_EQ(Problems(absl::StrCat(kRichCampaign, text)), "");
  EXPECT_EQ(Problems(absl::StrCat(WithScenario("    phases: {load: }\n"), text)),
            "f:7:14: ru: no target of the campaign charges for what is done, so that this limits "
            "nothing; leave it out\n"
            "f:7:32: ru_per_second: no target of the campaign charges for what is done, so that "
            "this limits nothing; leave it out");
}

std::string Warnings(const std::string& text, const std::vector<std::string>& sets = {}) {
  std::string all;
  for (const Problem& warning : ReadCampaignText(text, "f", sets).warnings) {
    absl::StrAppend(&all, ToString(warning), "\n");
  }
  return all;
}

TEST(CampaignChecks, WarnOfATargetThatIsMeasuredButNeverLoaded) {
  EXPECT_EQ(Warnings(kRichCampaign), "");
  EXPECT_EQ(Warnings(kRichCampaign, {"scenarios.ingest.targets=[pg]"}),
            "f:29:5: 'cosmos' is measured with whatever records it holds; no scenario loads it "
            "before\n");
}

TEST(CampaignChecks, WarnOfStagesThatAreNeverRun) {
  EXPECT_EQ(Warnings(kRichCampaign, {"scenarios.mixed.phases.measure=5s"}),
            "f:32:9: the stages last 30s, warm_up and measure only 8s: the rest is never run\n");
}

}  // namespace
}  // namespace weir
