#include "reports/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/comparison.h"
#include "tests/reports/comparison_fixture.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

using test::ComparedRun;
using test::TenPercentSlower;

// One round, and so a plain run of two targets.
v1::RunResult Plain(uint64_t per_second, const char* id) {
  ComparedRun made{.rounds = 1, .ok_per_second = [=](uint32_t, bool) { return per_second; }};
  v1::RunResult run = made.Make();
  run.set_id(id);
  run.mutable_campaign()->set_name("nightly");
  run.mutable_campaign()->clear_compare();
  run.mutable_verdict()->set_validity(v1::VALIDITY_VALID);
  for (v1::Leg& leg : *run.mutable_legs()) leg.set_round(0);
  return run;
}

const GateCheck* Find(const std::vector<GateCheck>& checks, const std::string& part) {
  for (const GateCheck& check : checks) {
    if (check.name.find(part) != std::string::npos) return &check;
  }
  return nullptr;
}

TEST(Gate, PassesARunThatIsValid) {
  const auto checks = CheckRun(Plain(1000, "now"), nullptr, {});
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_EQ(checks[0].saw, "VALID");
  EXPECT_TRUE(Passes(checks));
}

TEST(Gate, StopsARunThatCannotBeTrusted) {
  for (const v1::Validity validity : {v1::VALIDITY_INVALID, v1::VALIDITY_PARTIAL,
                                      v1::VALIDITY_UNVERIFIED, v1::VALIDITY_UNKNOWN}) {
    v1::RunResult run = Plain(1000, "now");
    run.mutable_verdict()->set_validity(validity);
    EXPECT_FALSE(Passes(CheckRun(run, nullptr, {}))) << validity;
  }
}

TEST(Gate, StopsAThresholdThatIsMissed) {
  v1::RunResult run = Plain(1000, "now");
  v1::ThresholdResult* missed = run.add_thresholds();
  missed->mutable_threshold()->set_metric("throughput_ops_per_s");
  missed->mutable_threshold()->set_at_least(2000);
  missed->set_known(true);
  missed->set_value(1000);
  EXPECT_FALSE(Passes(CheckRun(run, nullptr, {})));
  missed->set_met(true);
  EXPECT_TRUE(Passes(CheckRun(run, nullptr, {})));
}

TEST(Gate, StopsWhatAComparisonFoundSlower) {
  v1::RunResult run = TenPercentSlower().Make();
  run.mutable_verdict()->set_validity(v1::VALIDITY_VALID);
  *run.mutable_comparison() = CompareRounds(run);
  const auto checks = CheckRun(run, nullptr, {});
  const GateCheck* slower = Find(checks, "on slow, against direct");
  ASSERT_NE(slower, nullptr);
  EXPECT_FALSE(slower->passed);
  EXPECT_THAT(slower->saw, HasSubstr("SLOWER by 9.8 %"));
  run.mutable_comparison()->mutable_compared(0)->set_finding(v1::FINDING_NO_DIFFERENCE_SHOWN);
  EXPECT_TRUE(Passes(CheckRun(run, nullptr, {})));
}

TEST(Gate, HoldsARunAgainstItsBaseline) {
  const v1::RunResult baseline = Plain(1000, "before");
  const v1::RunResult eight_percent_less = Plain(920, "now");
  EXPECT_TRUE(Passes(CheckRun(eight_percent_less, &baseline, {.regression = 0.10})));
  const auto checks = CheckRun(eight_percent_less, &baseline, {.regression = 0.05});
  EXPECT_FALSE(Passes(checks));
  const GateCheck* throughput = Find(checks, "throughput_ops_per_s of read, reads on direct");
  ASSERT_NE(throughput, nullptr);
  EXPECT_FALSE(throughput->passed);
  EXPECT_EQ(throughput->saw, "920 /s after 1,000 /s, −8.0 % (no verdict: n = 1)");
  EXPECT_TRUE(Passes(CheckRun(baseline, &eight_percent_less, {.regression = 0.0})))
      << "to be better is no regression";
}

TEST(Gate, StopsARunThatHasNothingInCommonWithItsBaseline) {
  v1::RunResult other = Plain(1000, "before");
  for (v1::Leg& leg : *other.mutable_legs()) leg.set_scenario("something else");
  EXPECT_FALSE(Passes(CheckRun(Plain(1000, "now"), &other, {})));
}

TEST(Gate, WritesJUnitThatHoldsWhateverNamesAreUsed) {
  v1::RunResult run = Plain(1000, "now");
  run.mutable_campaign()->set_name("a<b>&\"c\"\x01");
  run.mutable_verdict()->set_validity(v1::VALIDITY_INVALID);
  run.mutable_verdict()->add_reasons("gate <watchdog>");
  const std::string xml = GateJUnit(run, CheckRun(run, nullptr, {}));
  EXPECT_THAT(xml, HasSubstr("name=\"a&lt;b&gt;&amp;&quot;c&quot; \" id=\"now\" tests=\"1\" "
                             "failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<failure message=\"INVALID: gate &lt;watchdog&gt;\"/>"));
}

TEST(Gate, SummarisesInMarkdown) {
  v1::RunResult run = Plain(1000, "now");
  run.mutable_campaign()->set_name("a|b");
  const std::string text = GateMarkdown(run, CheckRun(run, nullptr, {}));
  EXPECT_THAT(text, HasSubstr("## Weir: a\\|b passes"));
  EXPECT_THAT(text, HasSubstr("| ✓ | the run can be trusted | VALID |"));
}

TEST(RunComparison, TakesTheMedianOfTheRoundsThatCount) {
  v1::RunResult run = TenPercentSlower().Make();
  run.mutable_legs(0)->set_set_aside(true);
  const auto differences = DifferencesOf(run, run, {"throughput_ops_per_s"});
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_DOUBLE_EQ(differences[0].ratio(), 1);
  EXPECT_DOUBLE_EQ(differences[0].baseline, 10'000 + 37 * 6) << "of rounds 2 to 10";
}

TEST(RunComparison, SaysWhatKeepsTheRunsApart) {
  const v1::RunResult one = Plain(1000, "one");
  EXPECT_THAT(WhatDiffers(one, one), IsEmpty());
  v1::RunResult two = one;
  two.mutable_campaign()->set_seed(9);
  two.mutable_legs(0)->set_plan_digest("other");
  const auto texts = WhatDiffers(one, two);
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[0], "seed: 0 and 9");
  EXPECT_THAT(texts[1], HasSubstr("they were not asked the same"));
}

}  // namespace
}  // namespace weir
