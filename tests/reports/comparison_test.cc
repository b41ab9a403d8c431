#include "reports/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "reports/comparison_text.h"
#include "reports/report.h"
#include "tests/reports/comparison_fixture.h"
#include "tests/reports/golden.h"
#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

using test::ComparedRun;
using test::TenPercentSlower;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Compared Only(const v1::RunResult& run) {
  const v1::ComparisonResult whole = CompareRounds(run);
  EXPECT_EQ(whole.compared_size(), 1);
  return whole.compared(0);
}

TEST(Comparison, SaysByHowMuchATargetIsSlowerWithItsInterval) {
  const v1::Compared compared = Only(TenPercentSlower().Make());
  EXPECT_EQ(compared.finding(), v1::FINDING_SLOWER);
  EXPECT_EQ(compared.sentence(), "SLOWER by 9.8 % (95 % CI −9.9 % … −9.7 %), n = 10 pairs");
  EXPECT_EQ(FindingSubject(compared), "throughput_ops_per_s on slow, against direct");
  EXPECT_EQ(compared.pairs_size(), 10);
  EXPECT_DOUBLE_EQ(compared.p(), 2.0 / 1024);
}

// Every pair says slower, and one of them by so much that the mean is no measure of the others.
TEST(Comparison, SaysWhereACrossCheckDisagreesAndByHowMuch) {
  ComparedRun run{.ok_per_second = [](uint32_t round, bool slow) {
    return uint64_t{10'000} - (slow ? (round == 3 ? 9'000 : 300 + round) : 0);
  }};
  const v1::Compared compared = Only(run.Make());
  EXPECT_TRUE(compared.checks_disagree());
  EXPECT_LE(compared.p(), 0.05);
  EXPECT_LE(compared.sign_flip_p(), 0.05);
  EXPECT_GT(compared.t_test_p(), 0.05);
  EXPECT_THAT(compared.cautions(),
              ElementsAre("a cross-check falls on the other side of 0.05: p = 0.002, but 0.29 by "
                          "paired t and 0.002 by sign flips"));
  EXPECT_FALSE(Only(TenPercentSlower().Make()).checks_disagree());
}

TEST(Comparison, OfOneThingWithItselfClaimsNothing) {
  ComparedRun run{.ok_per_second = [](uint32_t round, bool slow) {
    return 10'000 + Draw(round, slow ? 1 : 2) % 2'000;
  }};
  const v1::Compared compared = Only(run.Make());
  EXPECT_EQ(compared.finding(), v1::FINDING_NO_DIFFERENCE_SHOWN) << compared.sentence();
  EXPECT_THAT(compared.sentence(), HasSubstr("an effect up to"));
  EXPECT_THAT(compared.sentence(), HasSubstr("cannot be excluded"));
}

// R27: a difference that 0.05 would let pass is not shown where one may look twice.
TEST(Comparison, HoldsEachOfTwoLooksToHalfTheSignificance) {
  ComparedRun run{.rounds = 6, .ok_per_second = [](uint32_t round, bool slow) {
                    return uint64_t{10'000} - (slow ? 1000 + 10 * round : 0);
                  }};
  v1::RunResult made = run.Make();
  EXPECT_EQ(Only(made).finding(), v1::FINDING_SLOWER) << "p = 2 ÷ 2⁶ = 0.031";
  made.mutable_campaign()->mutable_compare()->set_extend(true);
  EXPECT_EQ(Only(made).finding(), v1::FINDING_NO_DIFFERENCE_SHOWN);
}

TEST(Comparison, TakesTheRoundsOfItsExtension) {
  v1::RunResult run = TenPercentSlower().Make();
  run.mutable_campaign()->mutable_compare()->set_rounds(5);
  run.mutable_campaign()->mutable_compare()->set_extend(true);
  const v1::ComparisonResult whole = CompareRounds(run);
  EXPECT_EQ(whole.rounds(), 10u);
  EXPECT_EQ(whole.looks(), 2u);
  EXPECT_DOUBLE_EQ(whole.significance(), 0.025);
  EXPECT_EQ(whole.compared(0).finding(), v1::FINDING_SLOWER);
  EXPECT_EQ(whole.compared(0).pairs_size(), 10);
}

TEST(Comparison, OfOneRunWithOneGivesNoVerdict) {
  ComparedRun run = TenPercentSlower();
  run.rounds = 1;
  const v1::Compared compared = Only(run.Make());
  EXPECT_EQ(compared.finding(), v1::FINDING_NO_VERDICT);
  EXPECT_EQ(compared.sentence(), "no verdict: n = 1");
}

TEST(Comparison, EquivalenceNamesItsMarginAndItsOwnInterval) {
  ComparedRun run{.ok_per_second = [](uint32_t round, bool slow) {
    return uint64_t{10'000} + (round % 2 == 0) * (slow ? 40 : 0) + (round % 2) * (slow ? 0 : 41);
  }};
  const v1::Compared compared = Only(run.Make());
  EXPECT_EQ(compared.finding(), v1::FINDING_EQUIVALENT);
  EXPECT_THAT(compared.sentence(), HasSubstr("EQUIVALENT within ±5.0 %: 0.0 % (90 % CI "));
}

TEST(Comparison, IsInvalidAsSoonAsOneRunIs) {
  v1::RunResult run = TenPercentSlower().Make();
  v1::ValidityVerdict* verdict = run.mutable_legs(7)->mutable_verdict();
  verdict->set_validity(v1::VALIDITY_INVALID);
  verdict->add_reasons("gate watchdog: longest gap 150 ms");
  const v1::Compared compared = Only(run);
  EXPECT_EQ(compared.finding(), v1::FINDING_INVALID);
  EXPECT_EQ(compared.sentence(),
            "INVALID: round 4 on direct is INVALID: gate watchdog: longest gap 150 ms");
  EXPECT_FALSE(compared.has_low());
}

TEST(Comparison, OfARunThatEndedEarlyIsInvalid) {
  v1::RunResult run = TenPercentSlower().Make();
  run.mutable_legs()->RemoveLast();
  EXPECT_THAT(Only(run).sentence(), HasSubstr("round 10 on direct was not run"));
}

TEST(Comparison, TakesTheRepetitionOfARoundAndListsIt) {
  v1::RunResult run = TenPercentSlower().Make();
  for (int i : {2, 3}) {
    v1::Leg again = run.legs(i);
    again.set_index(static_cast<uint32_t>(run.legs_size()));
    again.set_repeated(true);
    *run.add_legs() = again;
    v1::Leg* first = run.mutable_legs(i);
    first->set_set_aside(true);
    first->mutable_verdict()->set_validity(v1::VALIDITY_INVALID);
    first->mutable_verdict()->add_reasons("gate steal: 4 %");
  }
  const v1::ComparisonResult whole = CompareRounds(run);
  EXPECT_EQ(whole.compared(0).finding(), v1::FINDING_SLOWER);
  EXPECT_EQ(whole.compared(0).pairs_size(), 10);
  EXPECT_THAT(whole.repeats(), ElementsAre("reads, round 2 ran again: slow: gate steal: 4 %"));
}

TEST(Comparison, OfResponseTimesIsBlockedByFailures) {
  v1::RunResult run = TenPercentSlower().Make();
  run.mutable_campaign()->mutable_compare()->mutable_metrics(0)->set_metric("ok_response_p50_us");
  EXPECT_EQ(Only(run).finding(), v1::FINDING_EQUIVALENT);
  for (v1::Leg& leg : *run.mutable_legs()) {
    if (leg.target() != "slow") continue;
    v1::Tally* total = leg.mutable_results(0)->mutable_total();
    total->set_failed(total->ok() / 100);
    total->set_planned(total->planned() + total->failed());
  }
  EXPECT_THAT(Only(run).sentence(),
              HasSubstr("INVALID: 0.00 % of the operations did not succeed on "
                        "direct, 0.99 % on slow (limit 0.1 %)"));
  run.mutable_campaign()->mutable_compare()->mutable_metrics(0)->set_metric("throughput_ops_per_s");
  EXPECT_EQ(Only(run).finding(), v1::FINDING_SLOWER) << "a throughput counts successes anyhow";
}

TEST(Comparison, HasNoRatioOfNothing) {
  ComparedRun run = TenPercentSlower();
  run.ok_per_second = [](uint32_t round, bool slow) {
    return uint64_t{slow && round == 3 ? 0u : 5u};
  };
  EXPECT_EQ(Only(run.Make()).sentence(),
            "INVALID: a value is not above zero, so that there is no ratio");
}

TEST(Comparison, IsInvalidWhenTheMachinesSpeedShifted) {
  v1::RunResult run = TenPercentSlower().Make();
  for (v1::Leg& leg : *run.mutable_legs()) {
    leg.set_canary_per_s(leg.round() <= 5 ? 1e6 + leg.index() : 5e5 + leg.index());
  }
  const v1::ComparisonResult whole = CompareRounds(run);
  EXPECT_EQ(whole.compared(0).finding(), v1::FINDING_INVALID);
  EXPECT_EQ(
      whole.environment(),
      "reads: the environment changed: from run 11 of 20 on the canary did 500014 operations a "
      "second instead of 1000004");
  for (v1::Leg& leg : *run.mutable_legs())
    leg.set_canary_per_s(1e6 + Draw(1, leg.index()) % 90'000);
  EXPECT_EQ(Only(run).finding(), v1::FINDING_SLOWER);
}

TEST(Comparison, JudgesAllDeclaredMetricsAsOneFamily) {
  v1::RunResult run = TenPercentSlower().Make();
  const double alone = Only(run).adjusted_p();
  run.mutable_campaign()->mutable_compare()->add_metrics()->set_metric("records_per_s");
  const v1::ComparisonResult whole = CompareRounds(run);
  ASSERT_EQ(whole.compared_size(), 2);
  EXPECT_EQ(whole.family(), 2u);
  EXPECT_EQ(whole.compared(1).finding(), v1::FINDING_INVALID) << "no records were counted";
  EXPECT_DOUBLE_EQ(whole.compared(0).adjusted_p(), 2 * alone) << "what is INVALID still counts";
}

TEST(Comparison, SaysWhenGatesWereOverridden) {
  v1::RunResult run = TenPercentSlower().Make();
  run.mutable_legs(4)->mutable_verdict()->set_validity(v1::VALIDITY_UNVERIFIED);
  EXPECT_THAT(Only(run).cautions(),
              ElementsAre("UNVERIFIED: gates were overridden, do not rely on it"));
}

TEST(Comparison, CallsRequestUnitsCheaperAndNotFaster) {
  v1::Compared compared;
  compared.set_metric("ru_per_operation");
  compared.set_finding(v1::FINDING_FASTER);
  EXPECT_EQ(FindingWord(compared), "CHEAPER");
  compared.set_finding(v1::FINDING_SLOWER);
  EXPECT_EQ(FindingWord(compared), "DEARER");
}

TEST(Comparison, StandsBeforeTheFiguresOfTheTextReport) {
  v1::RunResult run = TenPercentSlower().Make();
  *run.mutable_comparison() = CompareRounds(run);
  const std::string text = TextReport(run, 100, false);
  const size_t sentence = text.find("SLOWER by 9.8 %");
  ASSERT_NE(sentence, std::string::npos) << text;
  EXPECT_LT(sentence, text.find("\nreads"));
  EXPECT_THAT(text, HasSubstr("10,074 /s  9,088 /s"));
  EXPECT_THAT(text, HasSubstr("1 comparison judged together at\n  0.05 (Holm)"));
}

std::string Written(
    const v1::RunResult& run, const char* name,
    const std::function<absl::Status(const ResultsStore&, const std::string&)>& write) {
  const test::TemporaryFolder folder;
  const auto store = OpenResultsStore(folder.File("results.db"));
  EXPECT_TRUE((*store)->SaveRun(run).ok());
  EXPECT_TRUE(write(**store, folder.File(name)).ok());
  return test::ReadWhole(folder.File(name));
}

TEST(Comparison, StandsFirstOnThePageWithItsPairsAndTheLastRoundsCharts) {
  v1::RunResult run = TenPercentSlower().Make();
  *run.mutable_comparison() = CompareRounds(run);
  const std::string html =
      Written(run, "report.html", [&](const ResultsStore& store, const std::string& path) {
        return WriteHtmlReport(store, run, path);
      });
  const std::string opening = "<script type=\"application/json\" id=\"data\">";
  const size_t begin = html.find(opening) + opening.size();
  const auto data =
      nlohmann::json::parse(html.substr(begin, html.find("</script>", begin) - begin));
  const auto& finding = data["comparison"]["findings"][0];
  EXPECT_EQ(finding["sentence"], "SLOWER by 9.8 % (95 % CI −9.9 % … −9.7 %), n = 10 pairs");
  EXPECT_EQ(finding["interval"], "−9.9 % … −9.7 %");
  ASSERT_EQ(finding["pairs"].size(), 10u);
  EXPECT_EQ(finding["pairs"][1]["target"], "9,088 /s");
  EXPECT_EQ(data["scenarios"][0]["targets"].size(), 2u) << "not the 20 of all rounds";
}

TEST(Comparison, MarksTheRoundOfEveryRowOfTheCsv) {
  v1::RunResult run = TenPercentSlower().Make();
  run.mutable_legs(0)->set_set_aside(true);
  const std::string csv = Written(
      run, "summary.csv",
      [&](const ResultsStore&, const std::string& path) { return WriteCsvReport(run, path); });
  EXPECT_THAT(csv, HasSubstr(",reads,direct,1,yes,"));
  EXPECT_THAT(csv, HasSubstr(",reads,direct,10,,"));
}

TEST(Comparison, HasItsFindingsInACsvOfTheirOwn) {
  v1::RunResult run = TenPercentSlower().Make();
  *run.mutable_comparison() = CompareRounds(run);
  const std::string csv = Written(
      run, "comparison.csv",
      [&](const ResultsStore&, const std::string& path) { return WriteComparisonCsv(run, path); });
  EXPECT_THAT(csv, HasSubstr("\r\nreads,direct,slow,throughput_ops_per_s,,slower,10,0.90"));
  EXPECT_THAT(csv, HasSubstr(",0.00195312,0.00195312,"));
  EXPECT_THAT(csv, HasSubstr(",\"SLOWER by 9.8 % (95 % CI −9.9 % … −9.7 %), n = 10 pairs\"\r\n"));
}

TEST(DifferenceText, SignsAndRounds) {
  EXPECT_EQ(DifferenceText(1.0342), "+3.4 %");
  EXPECT_EQ(DifferenceText(0.9), "−10.0 %");
  EXPECT_EQ(DifferenceText(1.00001), "0.0 %");
  EXPECT_EQ(DifferenceText(3), "+200 %");
}

TEST(CheckPrimaryMetric, RefusesWhatCannotBeJudged) {
  v1::RunResult run = TenPercentSlower().Make();
  v1::PrimaryMetric metric;
  const auto problem = [&](const char* name) {
    metric.set_metric(name);
    return CheckPrimaryMetric(run.campaign(), metric);
  };
  EXPECT_EQ(problem("throughput_ops_per_s"), "");
  EXPECT_THAT(problem("throughput"), HasSubstr("did you mean"));
  EXPECT_THAT(problem("planned"), HasSubstr("neither better nor worse"));
  EXPECT_THAT(problem("response_p99_us"), HasSubstr("omit queueing"));
  EXPECT_THAT(problem("ru_per_operation"), HasSubstr("does not charge request units"));
}

}  // namespace
}  // namespace weir
