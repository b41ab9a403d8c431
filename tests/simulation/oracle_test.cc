// The oracle must speak up: each test shows it one thing that may not happen.
#include "simulation/oracle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kLeaseNs = 5 * kNsPerSecond;

class OracleTest : public testing::Test {
 protected:
  OracleTest() {
    oracle_.set_lease_ns(kLeaseNs);
    oracle_.set_clock_offset([](uint32_t, int64_t) { return 0; });
    books_->node = 1;
    books_->share = 1;
    books_->task = v1::TASK_DRIVE;
    oracle_.OnStage(books_);
    Grant(0);
    for (const uint32_t node : {0, 1}) Armed(node);
  }

  void Armed(uint32_t node) {
    v1::AgentMessage message;
    message.mutable_armed()->set_task(v1::TASK_DRIVE);
    oracle_.OnAnswer(0, node, message);
  }

  void Grant(int64_t now_ns) {
    v1::AgentMessage message;
    message.mutable_pong()->set_sent_ns(now_ns + 77);
    oracle_.OnPong(now_ns, 1, message.pong());
    oracle_.OnAnswer(now_ns + 1, 1, message);
  }

  // A leg of one second with one operation, as the agents counted it.
  void OneOperation() {
    CellBook& cell = books_->totals[{v1::PHASE_MEASURE, 0}];
    cell.counts.set_planned(1);
    cell.counts.set_ok(1);
    cell.response_ns = {5000};
    books_->over = true;
    MergedSecond second;
    auto tally = std::make_unique<Tally>();
    cell.AddTo(tally.get());
    run_.set_state(v1::RUN_STATE_FINISHED);
    run_.mutable_verdict()->set_validity(v1::VALIDITY_VALID);
    v1::Leg* leg = run_.add_legs();
    leg->mutable_verdict()->set_validity(v1::VALIDITY_VALID);
    v1::PhaseResult* result = leg->add_results();
    result->set_phase(v1::PHASE_MEASURE);
    *result->mutable_total() = tally->ToProto();
    second.tallies[{v1::PHASE_MEASURE, 0, 0}] = std::move(tally);
    oracle_.OnSecond(*leg, v1::PHASE_MEASURE, second);
  }

  const std::vector<std::string>& Check() {
    oracle_.CheckResult(0, run_);
    return oracle_.violations();
  }
  v1::Tally* Total() { return run_.mutable_legs(0)->mutable_results(0)->mutable_total(); }

  Oracle oracle_{2};
  std::shared_ptr<StageBooks> books_ = std::make_shared<StageBooks>();
  v1::RunResult run_;
};

TEST_F(OracleTest, IsContentWithARunInWhichAllAddsUp) {
  oracle_.OnIssued(kNsPerSecond, *books_, 3);
  OneOperation();
  EXPECT_THAT(Check(), IsEmpty());
}

TEST_F(OracleTest, AnOperationIsIssuedOnce) {
  oracle_.OnIssued(1, *books_, 3);
  oracle_.OnIssued(2, *books_, 3);
  EXPECT_THAT(oracle_.violations(), Contains(HasSubstr("issued twice")));
}

TEST_F(OracleTest, NothingIsIssuedBeforeEveryAgentIsArmed) {
  Oracle oracle(3);
  oracle.set_lease_ns(kLeaseNs);
  oracle.OnIssued(1, *books_, 3);
  EXPECT_THAT(oracle.violations(), Contains(HasSubstr("before every agent was armed")));
}

TEST_F(OracleTest, NothingIsIssuedASecondAfterTheLease) {
  Grant(kNsPerSecond);
  oracle_.OnIssued(kLeaseNs + 2 * kNsPerSecond, *books_, 3);
  EXPECT_THAT(oracle_.violations(), IsEmpty());
  oracle_.OnIssued(kLeaseNs + 2 * kNsPerSecond + 10 * kNsPerMs, *books_, 4);
  EXPECT_THAT(oracle_.violations(), Contains(HasSubstr("after the lease")));
}

TEST_F(OracleTest, ALeaseIsGrantedByAnAnswerThatArrivedAndFromWhenItWasSent) {
  v1::Pong pong;
  pong.set_sent_ns(1);
  oracle_.OnPong(4 * kNsPerSecond, 1, pong);  // never arrives
  oracle_.OnIssued(kLeaseNs + 2 * kNsPerSecond, *books_, 4);
  EXPECT_THAT(oracle_.violations(), Contains(HasSubstr("after the lease")));
}

TEST_F(OracleTest, NothingIsIssuedByAnAgentThatWasTakenForLost) {
  oracle_.OnSaid(kNsPerSecond, "agent a1 was lost: no word from it within the lease");
  oracle_.OnIssued(kNsPerSecond + 10 * kNsPerMs, *books_, 4);
  EXPECT_THAT(oracle_.violations(), Contains(HasSubstr("taken for lost")));
}

TEST_F(OracleTest, ARunThatLostAnAgentIsInvalid) {
  OneOperation();
  oracle_.OnSaid(kNsPerSecond, "agent a1 was lost: no word from it within the lease");
  EXPECT_THAT(Check(), Contains(HasSubstr("lost an agent is not invalid")));
}

TEST_F(OracleTest, AnInvalidRunSaysWhy) {
  OneOperation();
  run_.mutable_verdict()->set_validity(v1::VALIDITY_INVALID);
  EXPECT_THAT(Check(), Contains(HasSubstr("invalid for no reason")));
}

TEST_F(OracleTest, TheResultIsWhatTheAgentsCountedToTheBit) {
  OneOperation();
  Tally other;
  other.response.Record(5100);
  Total()->set_response(other.ToProto().response());
  EXPECT_THAT(Check(), Contains(HasSubstr("not what the agents counted")));
}

TEST_F(OracleTest, TheResultIsTheSumOfItsSeconds) {
  OneOperation();
  Total()->set_ok(2);
  EXPECT_THAT(Check(), Contains(HasSubstr("not the sum of its seconds")));
}

TEST_F(OracleTest, EverySecondBalances) {
  OneOperation();
  MergedSecond second;
  second.second = 1;
  auto tally = std::make_unique<Tally>();
  tally->counts().set_planned(1);
  second.tallies[{v1::PHASE_MEASURE, 0, 0}] = std::move(tally);
  oracle_.OnSecond(run_.legs(0), v1::PHASE_MEASURE, second);
  EXPECT_THAT(Check(), Contains(HasSubstr("planned 1, settled 0, lost 0")));
}

TEST_F(OracleTest, WhatWasAcknowledgedIsInTheResult) {
  OneOperation();
  v1::IntervalReport report;
  report.set_sequence(1);
  v1::OperationInterval* part = report.mutable_interval()->add_operations();
  part->set_phase(v1::PHASE_MEASURE);
  part->mutable_tally()->set_ok(2);
  oracle_.OnReport(books_, report);
  EXPECT_THAT(Check(), IsEmpty());
  v1::CoordinatorMessage word;
  word.mutable_acknowledge()->set_task(v1::TASK_DRIVE);
  word.mutable_acknowledge()->set_sequence(1);
  oracle_.OnWord(0, 1, word);
  EXPECT_THAT(Check(), Contains(HasSubstr("acknowledged report was not kept")));
}

TEST_F(OracleTest, AClockOffsetLiesWithinItsBound) {
  OneOperation();
  v1::AgentFacts* facts = run_.add_agents();
  facts->set_name("a1");
  facts->set_clock_offset_ns(100);
  facts->set_clock_offset_bound_ns(100);
  EXPECT_THAT(Check(), IsEmpty());
  facts->set_clock_offset_ns(101);
  EXPECT_THAT(Check(), Contains(HasSubstr("the clock offset is 101 ns off")));
}

}  // namespace
}  // namespace weir
