// An agent that is broken, or somebody else: refused with a reason, and nothing else happens (R56).
#include "coordinator/agent_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/coordinator/rehearsal.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;

v1::Hello FineHello() { return Rehearsal::Hello("north").hello(); }

std::string WithHello(const std::function<void(v1::Hello*)>& spoil) {
  v1::Hello hello = FineHello();
  spoil(&hello);
  return std::string(CheckHello(hello).message());
}

TEST(AgentChecks, NamesAreOfLettersDigitsDotsHyphensAndUnderscores) {
  for (const char* name : {"a", "agent-0", "Pod_7.x"}) EXPECT_TRUE(IsName(name)) << name;
  for (const std::string& name : {std::string(), std::string(65, 'a'), std::string("a b"),
                                  std::string("<script>"), std::string("=1+1"), std::string("a,b"),
                                  std::string("a\nb"), std::string("a\0b", 3), std::string("ä")}) {
    EXPECT_FALSE(IsName(name)) << name;
    EXPECT_NE(WithHello([&](v1::Hello* h) { h->mutable_facts()->set_name(name); }), "") << name;
  }
}

TEST(AgentChecks, WhatAnAgentSaysOfItselfHasAnEnd) {
  EXPECT_EQ(WithHello([](v1::Hello*) {}), "");
  const std::string endless(100'000, 'x');
  EXPECT_NE(WithHello([&](v1::Hello* h) { h->mutable_facts()->set_version(endless); }), "");
  EXPECT_NE(WithHello([&](v1::Hello* h) { h->mutable_facts()->set_host(endless); }), "");
  EXPECT_NE(WithHello([&](v1::Hello* h) { h->mutable_facts()->set_kernel(endless); }), "");
  EXPECT_NE(WithHello([&](v1::Hello* h) { h->set_incarnation(endless); }), "");
  EXPECT_NE(
      WithHello([&](v1::Hello* h) { h->mutable_facts()->add_conditions()->set_value(endless); }),
      "");
  EXPECT_NE(WithHello([](v1::Hello* h) {
              for (int i = 0; i < 2001; ++i) h->mutable_facts()->add_conditions();
            }),
            "");
}

TEST(AgentChecks, ClocksSayTimesThatCanBeReckonedWith) {
  v1::Pong pong;
  EXPECT_TRUE(CheckPong(pong).ok());
  pong.set_received_ns(INT64_MIN);
  EXPECT_FALSE(CheckPong(pong).ok());
  pong.set_received_ns(0);
  pong.set_sent_ns(INT64_MAX);
  EXPECT_FALSE(CheckPong(pong).ok());
}

v1::Interval FineInterval() {
  v1::Arm arm;
  arm.set_task(v1::TASK_DRIVE);
  return Rehearsal::Interval(arm, 3).interval().interval();
}

std::string WithInterval(const std::function<void(v1::Interval*)>& spoil) {
  v1::Interval interval = FineInterval();
  spoil(&interval);
  v1::IntervalReport report;
  *report.mutable_interval() = interval;
  ReportView view;
  view.Read(report);
  return std::string(CheckReport(view, {.operations = 2, .last_second = 10}).message());
}

TEST(AgentChecks, AnIntervalIsOfThePlanAndOfATimeThatHasPassed) {
  EXPECT_EQ(WithInterval([](v1::Interval*) {}), "");
  EXPECT_THAT(WithInterval([](v1::Interval* i) { i->set_second(UINT32_MAX); }),
              HasSubstr("not over yet"));
  EXPECT_THAT(WithInterval([](v1::Interval* i) { i->mutable_operations(0)->set_operation(2); }),
              HasSubstr("none of the plan"));
  EXPECT_THAT(WithInterval([](v1::Interval* i) {
                i->mutable_operations(0)->set_phase(static_cast<v1::Phase>(77));
              }),
              HasSubstr("none of the plan"));
  EXPECT_THAT(WithInterval([](v1::Interval* i) { *i->add_operations() = i->operations(0); }),
              HasSubstr("twice"));
}

TEST(AgentChecks, AnIntervalsMemoryHasAnEnd) {
  EXPECT_NE(WithInterval([](v1::Interval* i) {
              for (int age = 1; age < 5000; ++age) i->add_operations()->set_age(age);
            }),
            "");
  EXPECT_NE(WithInterval([](v1::Interval* i) {
              for (int n = 0; n < 10'001; ++n) i->add_partitions()->set_partition(n);
            }),
            "");
  EXPECT_NE(WithInterval([](v1::Interval* i) { i->add_partitions()->set_partition(1 << 30); }), "");
  EXPECT_NE(WithInterval([](v1::Interval* i) { i->add_partitions()->set_partition(-2); }), "");
  EXPECT_NE(WithInterval([](v1::Interval* i) {
              for (int n = 0; n < 1001; ++n) i->add_processes();
            }),
            "");
}

// Three numbers name any amount of operations: they must not be written out before they are
// counted.
TEST(AgentChecks, NoMoreOperationsAreNotedThanWereSettled) {
  const auto noting = [](uint64_t count, uint64_t unknown) {
    return WithInterval([=](v1::Interval* i) {
      for (const uint64_t n : {uint64_t{0}, count, uint64_t{1}}) {
        i->mutable_ledger()->add_acknowledged(n);
      }
      if (unknown == 0) return;
      for (const uint64_t n : {uint64_t{50}, unknown, uint64_t{1}}) {
        i->mutable_ledger()->add_unknown(n);
      }
    });
  };
  EXPECT_EQ(noting(10, 0), "");
  EXPECT_EQ(noting(7, 3), "");
  EXPECT_THAT(noting(11, 0), HasSubstr("more operations than it settled"));
  EXPECT_NE(noting(7, 4), "");
  EXPECT_NE(noting(uint64_t{1} << 63, 0), "");
  EXPECT_NE(noting(1, UINT64_MAX), "");
}

TEST(AgentChecks, CountsAreOfWhatCanHaveBeenDone) {
  EXPECT_THAT(WithInterval([](v1::Interval* i) {
                i->mutable_operations(0)->mutable_tally()->set_milli_ru(UINT64_MAX);
              }),
              HasSubstr("milli_ru is more than can be counted"));
}

TEST(AgentChecks, ThePlanThatAnAgentCountsIsTheScenarios) {
  v1::Scenario scenario;
  scenario.add_operations();
  scenario.mutable_phases()->mutable_measure()->set_ns(10 * kNsPerSecond);
  const auto with = [&](const std::function<void(v1::Prepared*)>& spoil) {
    v1::Prepared prepared;
    prepared.add_operations()->set_name("read");
    v1::PlannedCounts* counts = prepared.add_planned();
    counts->set_phase(v1::PHASE_MEASURE);
    counts->add_by_second(5);
    spoil(&prepared);
    return std::string(CheckPrepared(prepared, scenario).message());
  };
  EXPECT_EQ(with([](v1::Prepared*) {}), "");
  EXPECT_NE(with([](v1::Prepared* p) { p->mutable_planned(0)->set_first_second(UINT32_MAX); }), "");
  EXPECT_NE(with([](v1::Prepared* p) {
              for (int i = 0; i < 1000; ++i) p->mutable_planned(0)->add_by_second(1);
            }),
            "");
  EXPECT_NE(with([](v1::Prepared* p) { p->mutable_planned(0)->set_operation(1); }), "");
  EXPECT_NE(with([](v1::Prepared* p) { p->add_operations()->set_name("write"); }), "");
  EXPECT_NE(with([](v1::Prepared* p) { p->mutable_operations(0)->set_name("<b>"); }), "");
  EXPECT_NE(with([](v1::Prepared* p) { p->set_error(std::string(100'000, 'x')); }), "");
}

TEST(AgentChecks, TheEndOfAStageHoldsNoMillionsOfErrors) {
  const auto with = [](const std::function<void(v1::StageDone*)>& spoil) {
    v1::Arm arm;
    arm.set_task(v1::TASK_DRIVE);
    v1::StageDone done = Rehearsal::Done(arm, 3).stage_done();
    spoil(&done);
    return std::string(CheckStageDone(done, {.operations = 1, .last_second = 10}).message());
  };
  EXPECT_EQ(with([](v1::StageDone*) {}), "");
  EXPECT_NE(with([](v1::StageDone* d) {
              for (int i = 0; i < 10'001; ++i) d->add_errors();
            }),
            "");
  EXPECT_NE(with([](v1::StageDone* d) { d->add_errors()->set_detail(std::string(1 << 20, 'x')); }),
            "");
  EXPECT_NE(with([](v1::StageDone* d) { d->set_last_sequence(UINT64_MAX); }), "");
  EXPECT_NE(with([](v1::StageDone* d) { d->set_started_ns(INT64_MIN); }), "");
  EXPECT_NE(with([](v1::StageDone* d) { d->add_totals()->set_operation(9); }), "");
}

// ------------------------------------------------------------------- what becomes of such an agent

TEST(BrokenAgent, WithoutANameIsRefusedAndTheRunWaitsForAnother) {
  Rehearsal run(1);
  run.Deliver(1, Rehearsal::Hello("<script>alert(1)</script>"));
  EXPECT_EQ(run.goodbyes_[1].exit_code(), 64u);
  EXPECT_THAT(run.goodbyes_[1].reason(), HasSubstr("an agent's name is 1 to 64 letters"));
  run.Deliver(2, Rehearsal::Hello("north"));
  run.Pump();
  EXPECT_TRUE(run.finished_);
  EXPECT_EQ(run.result().state(), v1::RUN_STATE_FINISHED);
}

// Reports what no agent can, where `spoil` makes it so.
class Broken : public Rehearsal {
 public:
  explicit Broken(std::function<void(v1::AgentMessage*)> spoil)
      : Rehearsal(2), spoil_(std::move(spoil)) {}
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    if (connection != 2) return Rehearsal::RunStage(connection, arm);
    for (v1::AgentMessage message : {Interval(arm, 0), Done(arm, 1)}) {
      spoil_(&message);
      Deliver(connection, message);
    }
  }

 private:
  const std::function<void(v1::AgentMessage*)> spoil_;
};

void ExpectLost(const std::function<void(v1::AgentMessage*)>& spoil, const std::string& reason) {
  Broken run(spoil);
  run.Run();
  run.Pass(20 * kNsPerSecond);
  EXPECT_TRUE(run.finished_) << reason;
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
  EXPECT_THAT(run.result().verdict().reasons(),
              Contains(AllOf(HasSubstr("agent a2 was lost: "), HasSubstr(reason))));
}

TEST(BrokenAgent, IsLostWithAReasonAndTheCoordinatorGoesOn) {
  ExpectLost(
      [](v1::AgentMessage* m) {
        if (m->has_interval()) m->mutable_interval()->mutable_interval()->set_second(UINT32_MAX);
      },
      "which is not over yet");
  ExpectLost(
      [](v1::AgentMessage* m) {
        if (!m->has_interval()) return;
        auto* tally = m->mutable_interval()->mutable_interval()->mutable_operations(0);
        tally->mutable_tally()->set_response("no histogram");
      },
      "payload");
  ExpectLost(
      [](v1::AgentMessage* m) {
        if (!m->has_interval()) return;
        auto* ledger = m->mutable_interval()->mutable_interval()->mutable_ledger();
        for (const uint64_t n : {uint64_t{0}, UINT64_MAX, uint64_t{1}}) ledger->add_unknown(n);
      },
      "notes more operations than it settled");
  ExpectLost(
      [](v1::AgentMessage* m) {
        if (!m->has_stage_done()) return;
        for (int i = 0; i < 20'000; ++i) m->mutable_stage_done()->add_errors();
      },
      "holds too much");
}

}  // namespace
}  // namespace weir
