// Every gate: what passes it, what does not, and what is said where nothing could be measured.
#include "coordinator/gate_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "coordinator/leg_verdict.h"
#include "measure/tally.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr uint64_t kMs = kNsPerMs;
constexpr uint64_t kUs = kNsPerUs;
constexpr uint32_t kWarmUp = 2;
constexpr uint32_t kSeconds = 12;  // warm-up and measure

// A second of a machine that has nothing to complain of.
v1::ResourceSample Calm() {
  v1::ResourceSample sample;
  sample.set_span_ns(kNsPerSecond);
  sample.set_process_cpu_ns(200 * kMs);
  sample.set_busiest_worker_cpu_ns(300 * kMs);
  sample.set_busiest_core_ns(400 * kMs);
  sample.set_machine_cpu_ns(600 * kMs);
  sample.set_cores(2);
  sample.set_network_sent_bytes(1'000'000);
  sample.set_link_bytes_per_second(125'000'000);
  sample.set_tcp_segments_sent(10'000);
  sample.set_most_watchdog_gap_ns(1'100 * kUs);
  sample.set_clocksource("tsc");
  return sample;
}

v1::Scenario TheScenario() {
  v1::Scenario scenario;
  scenario.mutable_shape()->mutable_open();
  scenario.mutable_phases()->mutable_warm_up()->set_ns(kWarmUp * kNsPerSecond);
  scenario.mutable_phases()->mutable_measure()->set_ns((kSeconds - kWarmUp) * kNsPerSecond);
  return scenario;
}

// Operations that took service_ns each, dispatched lag_ns late.
v1::Tally Operations(uint64_t number, uint64_t lag_ns, uint64_t service_ns) {
  Tally tally;
  tally.counts().set_planned(number);
  tally.counts().set_ok(number);
  tally.lag.RecordTimes(lag_ns, number);
  tally.response.RecordTimes(lag_ns + service_ns, number);
  tally.dispatch_response.RecordTimes(service_ns, number);
  return tally.ToProto();
}

class GateWatchTest : public testing::Test {
 protected:
  GateWatchTest() {
    leg_.add_operations()->set_name("read");
    for (const char* name : {"north", "south", "west"}) {
      v1::AgentFacts& facts = agents_.emplace_back();
      facts.set_name(name);
      v1::Condition* limit = facts.add_conditions();
      limit->set_name("CPU limit");
      limit->set_value("none");
    }
    Result(v1::PHASE_MEASURE, Operations(30'000, 5 * kUs, kMs));
    for (uint32_t agent = 0; agent < 3; ++agent) Share(agent, Operations(10'000, 5 * kUs, kMs));
  }

  void Result(v1::Phase phase, const v1::Tally& tally) {
    v1::PhaseResult* result = leg_.add_results();
    result->set_phase(phase);
    *result->mutable_total() = tally;
  }

  void Share(uint32_t agent, const v1::Tally& tally) {
    v1::AgentShare* share = leg_.add_shares();
    share->set_agent(agent);
    share->set_phase(v1::PHASE_MEASURE);
    *share->mutable_total() = tally;
  }

  // All seconds are calm, but for those of agent 1 that `disturb` changes.
  template <typename Disturb>
  std::vector<v1::GateResult> Judge(Disturb disturb) {
    GateWatch watch(scenario_, task_, 3);
    for (uint32_t number = 0; number < kSeconds; ++number) {
      MergedSecond second;
      second.second = number;
      for (uint32_t agent = 0; agent < 3; ++agent) {
        v1::ResourceSample sample = Calm();
        sample.set_agent(agent);
        if (agent == 1) disturb(number, &sample);
        second.resources.push_back(sample);
      }
      watch.Add(second);
    }
    resources_ = watch.resources();
    return watch.Judge(leg_, agents_);
  }

  std::vector<v1::GateResult> JudgeCalm() {
    return Judge([](uint32_t, v1::ResourceSample*) {});
  }

  static std::vector<v1::GateResult> Failed(const std::vector<v1::GateResult>& gates) {
    std::vector<v1::GateResult> failed;
    for (const v1::GateResult& gate : gates) {
      if (!gate.passed()) failed.push_back(gate);
    }
    return failed;
  }

  // The only gate that fails.
  static v1::GateResult Only(const std::vector<v1::GateResult>& gates) {
    const std::vector<v1::GateResult> failed = Failed(gates);
    EXPECT_EQ(failed.size(), 1u);
    for (const v1::GateResult& gate : failed) EXPECT_FALSE(gate.advice().empty()) << gate.name();
    return failed.empty() ? v1::GateResult() : failed[0];
  }

  static std::string SawAt(const std::vector<v1::GateResult>& gates, const std::string& name) {
    for (const v1::GateResult& gate : gates) {
      if (gate.name() == name) return gate.saw();
    }
    return "no such gate";
  }

  v1::Scenario scenario_ = TheScenario();
  v1::Task task_ = v1::TASK_DRIVE;
  v1::Leg leg_;
  std::vector<v1::AgentFacts> agents_;
  std::vector<v1::ResourceSample> resources_;
};

TEST_F(GateWatchTest, PassesACalmRunAndSaysWhatItSawAtEveryGate) {
  const auto gates = JudgeCalm();
  EXPECT_EQ(gates.size(), 13u);
  EXPECT_TRUE(Failed(gates).empty());
  for (const v1::GateResult& gate : gates) {
    EXPECT_FALSE(gate.saw().empty()) << gate.name();
    EXPECT_THAT(gate.saw(), Not(HasSubstr("not measured"))) << gate.name();
  }
}

TEST_F(GateWatchTest, SumsTheResourcesOfTheMeasurePhaseOnly) {
  JudgeCalm();
  ASSERT_EQ(resources_.size(), 3u);
  EXPECT_EQ(resources_[2].agent(), 2u);
  EXPECT_EQ(resources_[2].span_ns(), int64_t{kSeconds - kWarmUp} * kNsPerSecond);
  EXPECT_EQ(resources_[2].process_cpu_ns(), (kSeconds - kWarmUp) * 200 * kMs);
  EXPECT_EQ(resources_[2].link_bytes_per_second(), 125'000'000u);
}

TEST_F(GateWatchTest, FindsOperationsThatWereNotDispatchedInTheirTime) {
  leg_.mutable_results(0)->mutable_total()->Clear();
  v1::Tally late = Operations(30'000, 5 * kUs, kMs);
  late.set_planned(30'031);
  *leg_.mutable_results(0)->mutable_total() = late;
  const v1::GateResult gate = Only(JudgeCalm());
  EXPECT_EQ(gate.name(), "dispatched");
  EXPECT_THAT(gate.saw(), HasSubstr("30,000 of 30,031"));
}

TEST_F(GateWatchTest, FindsLagInTheResponseTimesMergedAndOfAnAgent) {
  *leg_.mutable_shares(2)->mutable_total() = Operations(10'000, 60 * kUs, kMs);
  const v1::GateResult gate = Only(JudgeCalm());
  EXPECT_EQ(gate.name(), "generator_share");
  EXPECT_EQ(gate.agent(), "west");
  EXPECT_THAT(gate.saw(), HasSubstr("1.06 at the p50 of read: 1.06 ms"));
  *leg_.mutable_results(0)->mutable_total() = Operations(30'000, 60 * kUs, kMs);
  EXPECT_EQ(Failed(JudgeCalm()).size(), 2u);
}

TEST_F(GateWatchTest, HoldsNoLagAgainstTheGeneratorThatIsShorterThanAWakeUp) {
  *leg_.mutable_results(0)->mutable_total() = Operations(30'000, 19 * kUs, 10 * kUs);
  EXPECT_TRUE(Failed(JudgeCalm()).empty());
  *leg_.mutable_results(0)->mutable_total() = Operations(30'000, 21 * kUs, 10 * kUs);
  EXPECT_EQ(Only(JudgeCalm()).name(), "generator_share");
}

TEST_F(GateWatchTest, FindsASingleLongGapOfTheWatchdog) {
  const auto gates = Judge([](uint32_t second, v1::ResourceSample* sample) {
    if (second != 7) return;
    sample->set_most_watchdog_gap_ns(150 * kMs);
    sample->set_watchdog_gap_ns(150 * kMs);
  });
  const v1::GateResult gate = Only(gates);
  EXPECT_EQ(gate.name(), "watchdog");
  EXPECT_EQ(gate.agent(), "south");
  EXPECT_THAT(gate.saw(), HasSubstr("longest gap 150 ms"));
}

TEST_F(GateWatchTest, FindsGapsThatAddUp) {
  const auto gaps = [this](uint64_t per_second_ns) {
    return Failed(Judge([&](uint32_t, v1::ResourceSample* sample) {
      sample->set_most_watchdog_gap_ns(12 * kMs);
      sample->set_watchdog_gap_ns(per_second_ns);
    }));
  };
  EXPECT_TRUE(gaps(900 * kUs).empty());
  EXPECT_EQ(gaps(1100 * kUs).size(), 1u);
}

TEST_F(GateWatchTest, DoesNotLookAtTheWarmUp) {
  EXPECT_TRUE(Failed(Judge([](uint32_t second, v1::ResourceSample* sample) {
                if (second >= kWarmUp) return;
                sample->set_most_watchdog_gap_ns(500 * kMs);
                sample->set_throttled_periods(4);
              })).empty());
}

TEST_F(GateWatchTest, FindsABusyWorkerOverAnyFiveSeconds) {
  // Full for five of ten seconds, which is 65 % on average.
  const auto gates = Judge([](uint32_t second, v1::ResourceSample* sample) {
    const bool busy = second >= 4 && second < 9;
    sample->set_busiest_worker_cpu_ns((busy ? 990 : 300) * kMs);
  });
  const v1::GateResult gate = Only(gates);
  EXPECT_EQ(gate.name(), "worker_cpu");
  EXPECT_EQ(gate.saw(), "busiest worker 99 % over seconds 4–8");
}

TEST_F(GateWatchTest, ForgivesABusyWorkerForThreeSeconds) {
  EXPECT_TRUE(Failed(Judge([](uint32_t second, v1::ResourceSample* sample) {
                const bool busy = second >= 4 && second < 7;
                sample->set_busiest_worker_cpu_ns((busy ? 990 : 300) * kMs);
              })).empty());
}

TEST_F(GateWatchTest, SaysWhoUsedTheBusyCore) {
  const auto gates = Judge([](uint32_t, v1::ResourceSample* sample) {
    sample->set_busiest_core_ns(930 * kMs);
    sample->set_machine_cpu_ns(1700 * kMs);
  });
  const v1::GateResult gate = Only(gates);
  EXPECT_EQ(gate.name(), "core_cpu");
  EXPECT_THAT(gate.saw(), HasSubstr("busiest core 93 %"));
  EXPECT_THAT(gate.saw(), HasSubstr("this agent took 0.20 of the machine's 2 cores, everything "
                                    "else 1.50"));
}

TEST_F(GateWatchTest, FindsThrottlingStealAFullLinkAndRetransmits) {
  const auto only = [this](auto disturb) {
    return Only(Judge([&](uint32_t second, v1::ResourceSample* sample) {
             if (second >= kWarmUp) disturb(second, sample);
           }))
        .name();
  };
  EXPECT_EQ(only([](uint32_t second, v1::ResourceSample* s) {
              s->set_throttled_periods(second == 5 ? 1 : 0);
            }),
            "quota");
  EXPECT_EQ(only([](uint32_t, v1::ResourceSample* s) { s->set_steal_ns(21 * kMs); }), "steal");
  EXPECT_EQ(only([](uint32_t, v1::ResourceSample* s) { s->set_network_sent_bytes(90'000'000); }),
            "network");
  EXPECT_EQ(only([](uint32_t, v1::ResourceSample* s) { s->set_tcp_retransmits(11); }),
            "retransmits");
}

TEST_F(GateWatchTest, TakesASingleRetransmitForNothing) {
  EXPECT_TRUE(Failed(Judge([](uint32_t second, v1::ResourceSample* sample) {
                sample->set_tcp_segments_sent(30);
                sample->set_tcp_retransmits(second == 5 ? 1 : 0);
              })).empty());
}

TEST_F(GateWatchTest, FindsAClockSourceThatChangesOrIsNoGood) {
  const auto saw = [this](const char* from, const char* to) {
    const auto failed = Failed(Judge([&](uint32_t second, v1::ResourceSample* sample) {
      sample->set_clocksource(second < 6 ? from : to);
    }));
    return failed.empty() ? "nothing" : absl::StrCat(failed[0].name(), " ", failed[0].saw());
  };
  EXPECT_EQ(saw("tsc", "hpet"), "clocksource changed among hpet, tsc");
  EXPECT_EQ(saw("tsc", "kvm-clock"), "clocksource changed among kvm-clock, tsc");
  EXPECT_EQ(saw("acpi_pm", "acpi_pm"), "clocksource acpi_pm throughout");
  for (const char* good : {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"}) {
    EXPECT_EQ(saw(good, good), "nothing");
  }
}

TEST_F(GateWatchTest, FindsOverflowAndLosses) {
  leg_.mutable_results(0)->mutable_total()->set_overflow(1);
  EXPECT_EQ(Only(JudgeCalm()).name(), "overflow");
  leg_.mutable_results(0)->mutable_total()->set_overflow(0);
  leg_.mutable_results(0)->mutable_total()->set_lost(2);
  EXPECT_EQ(Only(JudgeCalm()).name(), "lost_reports");
}

TEST_F(GateWatchTest, NamesTheAgentThatSeesAnotherDatabase) {
  *leg_.mutable_shares(1)->mutable_total() = Operations(10'000, 5 * kUs, 2 * kMs);
  const v1::GateResult gate = Only(JudgeCalm());
  EXPECT_EQ(gate.name(), "agreement");
  EXPECT_EQ(gate.agent(), "south");
  const auto spreads = SpreadsOf(leg_, v1::PHASE_MEASURE, kLagFloorNs);
  ASSERT_EQ(spreads.size(), 3u);
  EXPECT_FALSE(spreads[0].outlier());
  EXPECT_TRUE(spreads[1].outlier());
  EXPECT_NEAR(spreads[1].response_p50_ns(), 2.005e6, 2e3);
  EXPECT_GT(spreads[1].response_p99_ns(), 2e6);
}

TEST_F(GateWatchTest, SaysOfAnAgentWhoseOperationsFailThatTheyAreBeyondTheTimeout) {
  v1::Tally* total = leg_.mutable_shares(1)->mutable_total();
  *total = Operations(10'000, 5 * kUs, 2 * kMs);
  total->set_planned(10'300);
  total->set_failed(300);
  const auto failed = Failed(JudgeCalm());
  ASSERT_FALSE(failed.empty());
  EXPECT_EQ(failed.back().name(), "agreement");
  EXPECT_THAT(failed.back().saw(), HasSubstr(", p99 beyond the timeout; the median agent's"));
}

TEST_F(GateWatchTest, SaysWhatCouldNotBeMeasured) {
  agents_[1].mutable_conditions(0)->set_value("NOT DISCLOSED");
  const auto gates = Judge([](uint32_t, v1::ResourceSample* sample) {
    const v1::ResourceSample calm = *sample;
    sample->Clear();
    sample->set_agent(calm.agent());
    sample->set_span_ns(calm.span_ns());
    sample->set_network_sent_bytes(5);
  });
  EXPECT_TRUE(Failed(gates).empty());
  for (const char* name :
       {"watchdog", "core_cpu", "quota", "steal", "network", "retransmits", "clocksource"}) {
    const auto said = std::find_if(gates.begin(), gates.end(), [&](const v1::GateResult& gate) {
      return gate.name() == name && gate.agent() == "south";
    });
    ASSERT_NE(said, gates.end()) << name;
    EXPECT_THAT(said->saw(), HasSubstr("not measured")) << name;
  }
  GateWatch nothing_seen(scenario_, task_, 1);
  const auto unseen = nothing_seen.Judge(leg_, {agents_[0]});
  EXPECT_TRUE(Failed(unseen).empty());
  for (const char* gate : {"watchdog", "worker_cpu", "core_cpu", "quota", "steal", "network",
                           "retransmits", "clocksource"}) {
    EXPECT_EQ(SawAt(unseen, gate), "not measured: the agent sent no samples");
  }
}

TEST_F(GateWatchTest, AStalledDatabaseTripsNone) {
  // Operations wait for a session for seconds, and some are never sent; they were all dispatched.
  Tally stalled;
  stalled.counts().set_planned(30'000);
  stalled.counts().set_ok(25'000);
  stalled.counts().set_unsent(5'000);
  stalled.lag.RecordTimes(5 * kUs, 30'000);
  stalled.wait.RecordTimes(3000 * kMs, 25'000);
  stalled.response.RecordTimes(3000 * kMs + 5 * kUs, 25'000);
  stalled.dispatch_response.RecordTimes(3000 * kMs, 25'000);
  *leg_.mutable_results(0)->mutable_total() = stalled.ToProto();
  EXPECT_TRUE(Failed(JudgeCalm()).empty());
}

// A backend that answers at once leaves nothing to compare the lag with.
TEST_F(GateWatchTest, LimitsTheLagItselfInAProofOfHeadroom) {
  task_ = v1::TASK_PROVE;
  *leg_.mutable_results(0)->mutable_total() = Operations(30'000, 900 * kUs, kUs);
  EXPECT_TRUE(Failed(JudgeCalm()).empty());
  *leg_.mutable_results(0)->mutable_total() = Operations(30'000, 1100 * kUs, kUs);
  EXPECT_EQ(Only(JudgeCalm()).name(), "generator_share");
}

TEST_F(GateWatchTest, LeavesTheNetworkOutOfAProofThatDoesNotUseIt) {
  task_ = v1::TASK_PROVE;
  const auto gates = Judge([](uint32_t, v1::ResourceSample* sample) {
    sample->set_tcp_retransmits(5000);
    sample->set_network_sent_bytes(120'000'000);
  });
  EXPECT_TRUE(Failed(gates).empty());
  EXPECT_EQ(SawAt(gates, "retransmits"), "no such gate");
}

TEST_F(GateWatchTest, JudgesALoadOnlyWhereNothingElseIsMeasured) {
  task_ = v1::TASK_LOAD;
  EXPECT_TRUE(JudgeCalm().empty());
  scenario_.mutable_phases()->clear_measure();
  Result(v1::PHASE_LOAD, Operations(100, 0, kMs));
  const auto gates = Judge([](uint32_t, v1::ResourceSample* sample) {
    sample->set_busiest_worker_cpu_ns(990 * kMs);  // as fast as it goes
  });
  EXPECT_TRUE(Failed(gates).empty());
  EXPECT_EQ(SawAt(gates, "worker_cpu"), "no such gate");
  EXPECT_NE(SawAt(gates, "watchdog"), "no such gate");
}

TEST_F(GateWatchTest, MakesALegInvalidOnceForEachGateHoweverManyAgentsFailIt) {
  auto gates = JudgeCalm();
  gates = {MakeGateResult(Gate::kSteal, "north", false, "2 %"),
           MakeGateResult(Gate::kSteal, "south", false, "3 %")};
  ApplyGates(gates, {}, &leg_);
  JudgeLeg({}, &leg_);
  EXPECT_EQ(leg_.verdict().validity(), v1::VALIDITY_INVALID);
  ASSERT_EQ(leg_.verdict().reasons_size(), 1);
  EXPECT_EQ(leg_.verdict().reasons(0), "gate steal of north: 2 % (limit: ≤ 1 %); and of 1 other");
  EXPECT_EQ(leg_.gates_size(), 2);
}

TEST_F(GateWatchTest, AnOverrideStampsTheLegAlsoWhenNoGateFails) {
  ApplyGates(JudgeCalm(), {.overridden = true}, &leg_);
  JudgeLeg({}, &leg_);
  EXPECT_EQ(leg_.verdict().validity(), v1::VALIDITY_UNVERIFIED);
  ApplyGates({MakeGateResult(Gate::kSteal, "north", false, "2 %")}, {.overridden = true}, &leg_);
  EXPECT_EQ(leg_.verdict().validity(), v1::VALIDITY_UNVERIFIED);
  ASSERT_EQ(leg_.verdict().overridden_size(), 1);
  EXPECT_EQ(leg_.verdict().overridden(0), "steal");
  v1::RunResult run;
  *run.add_legs() = leg_;
  JudgeRun(&run);
  EXPECT_EQ(run.verdict().validity(), v1::VALIDITY_UNVERIFIED);
  EXPECT_EQ(run.verdict().overridden_size(), 1);
}

TEST_F(GateWatchTest, WhatIsKnownToBeWrongStaysInvalidUnderAnOverride) {
  leg_.set_failure("the target went away");
  ApplyGates(JudgeCalm(), {.overridden = true}, &leg_);
  JudgeLeg({}, &leg_);
  EXPECT_EQ(leg_.verdict().validity(), v1::VALIDITY_INVALID);
}

}  // namespace
}  // namespace weir
