#include "integrity/ledger_replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/status/status.h"

#include "tests/integrity/finished_run.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

class LedgerReplayTest : public ::testing::Test, protected FinishedRun {
 protected:
  ReplayedLedger Replayed(const weir::Replayed& replayed = {}) const {
    auto ledger = Replay(replayed);
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    return *std::move(ledger);
  }
};

TEST_F(LedgerReplayTest, MakesTheLoadedRecordsFromTheirBatches) {
  Tell(v1::PHASE_LOAD, 0, {0, 2});
  Tell(v1::PHASE_LOAD, 1, {3}, {1});
  const ReplayedLedger ledger = Replayed();
  EXPECT_TRUE(ledger.from_load);
  EXPECT_FALSE(ledger.may_hold_more);
  EXPECT_EQ(ledger.acknowledged, 3u);
  EXPECT_EQ(ledger.unknown, 1u);
  EXPECT_EQ(ledger.records.required(), 30u);
  EXPECT_EQ(ledger.records.possible(), 40u);
  EXPECT_EQ(ledger.records.PresenceOf(9), Presence::kMust);
  EXPECT_EQ(ledger.records.PresenceOf(10), Presence::kMay);
  EXPECT_EQ(ledger.records.PresenceOf(40), Presence::kMustNot);
}

TEST_F(LedgerReplayTest, MakesTheMixAgainFromItsPlan) {
  const uint64_t insert = Find(OperationKind::kInsert);
  const uint64_t batch = Find(OperationKind::kInsert, 5);
  const uint64_t replace = Find(OperationKind::kReplace);
  const uint64_t deletion = Find(OperationKind::kDelete);
  TellWholeLoad();
  Tell(v1::PHASE_MEASURE, 0, {insert, replace});
  Tell(v1::PHASE_MEASURE, 1, {deletion}, {batch});
  const ReplayedLedger ledger = Replayed();
  EXPECT_EQ(ledger.records.PresenceOf(Planned(insert).first_record), Presence::kMust);
  EXPECT_EQ(ledger.records.PresenceOf(Planned(batch).first_record + 4), Presence::kMay);
  EXPECT_EQ(ledger.records.PresenceOf(Planned(deletion).first_record), Presence::kMustNot);
  const Operation replaced = Planned(replace);
  EXPECT_EQ(ledger.records.RevisionsOf(replaced.first_record),
            std::vector<uint64_t>{replaced.revision});
  EXPECT_EQ(ledger.records.required(), kLoaded + 1 - 1);
  EXPECT_EQ(ledger.records.possible(), kLoaded + 1 - 1 + 5);
}

TEST_F(LedgerReplayTest, ASecondLoadMakesTheTableAnew) {
  TellWholeLoad();
  Tell(v1::PHASE_MEASURE, 0, {Find(OperationKind::kInsert)});
  AddLeg("target");
  Tell(v1::PHASE_LOAD, 0, {0}, {}, /*leg=*/1);
  Tell(v1::PHASE_MEASURE, 0, {}, {}, /*leg=*/1);
  EXPECT_EQ(Replayed().records.possible(), 10u);
}

TEST_F(LedgerReplayTest, LegsOfOtherTargetsAreNotItsBusiness) {
  TellWholeLoad();
  AddLeg("other");
  TellWholeLoad(/*leg=*/1);
  Tell(v1::PHASE_MEASURE, 0, {Find(OperationKind::kInsert)}, {}, /*leg=*/1);
  EXPECT_EQ(Replayed().records.possible(), kLoaded);
}

// A set-up that was never answered may have left the old table.
TEST_F(LedgerReplayTest, WithoutConditionsTheTableIsNotTakenForNew) {
  run.mutable_legs(0)->clear_conditions();
  TellWholeLoad();
  EXPECT_FALSE(Replayed().from_load);
}

TEST_F(LedgerReplayTest, WhatALostAgentHadNotReportedMayHaveBeenDone) {
  TellWholeLoad();
  const uint64_t insert = Find(OperationKind::kInsert);
  const uint64_t next = Find(OperationKind::kInsert, 1, 1);
  v1::LostShare& lost = *run.mutable_legs(0)->add_lost_shares();
  lost.set_stage(v1::PHASE_MEASURE);
  lost.set_share_index(static_cast<uint32_t>(next % 2));
  lost.set_share_count(2);
  Tell(v1::PHASE_MEASURE, 0, {insert});
  const ReplayedLedger ledger = Replayed();
  EXPECT_EQ(ledger.records.PresenceOf(Planned(insert).first_record), Presence::kMust);
  EXPECT_EQ(ledger.records.PresenceOf(Planned(next).first_record), Presence::kMay);
  EXPECT_FALSE(ledger.may_hold_more) << "an open loop has an end that is known";
  const uint64_t settled = insert % 2 == next % 2 ? 1 : 0;
  EXPECT_EQ(ledger.unknown, kDriven / 2 - settled);
}

TEST_F(LedgerReplayTest, InAClosedLoopNobodyKnowsHowFarALostAgentCame) {
  v1::Scenario& scenario = *run.mutable_campaign()->mutable_scenarios(0);
  scenario.mutable_shape()->mutable_closed()->set_sessions(1);
  TellWholeLoad();
  Tell(v1::PHASE_MEASURE, 0, {0, 1, 2, 5});
  v1::LostShare& lost = *run.mutable_legs(0)->add_lost_shares();
  lost.set_stage(v1::PHASE_MEASURE);
  lost.set_share_count(1);
  const ReplayedLedger ledger = Replayed();
  EXPECT_TRUE(ledger.may_hold_more);
  EXPECT_EQ(ledger.unknown, 2u) << "3 and 4";
}

TEST_F(LedgerReplayTest, AStageWithoutAnEndLeavesAllUnsettledOperationsOpen) {
  v1::Leg& leg = *run.mutable_legs(0);
  leg.mutable_results()->RemoveLast();
  TellWholeLoad();
  Tell(v1::PHASE_MEASURE, 0, {0, 1});
  const ReplayedLedger ledger = Replayed();
  EXPECT_EQ(ledger.acknowledged, kLoadBatches + 2);
  EXPECT_EQ(ledger.unknown, kDriven - 2);
}

TEST_F(LedgerReplayTest, ALetterThatWasDeliveredIsAsGoodAsAcknowledged) {
  const uint64_t doubtful = Find(OperationKind::kInsert);
  const uint64_t refused = Find(OperationKind::kInsert, 1, 1);
  const uint64_t again_refused = Find(OperationKind::kInsert, 1, 2);
  TellWholeLoad();
  Tell(v1::PHASE_MEASURE, 0, {}, {doubtful});
  const auto letter = [](uint64_t index) { return std::tuple{0u, v1::PHASE_MEASURE, index}; };
  const ReplayedLedger ledger =
      Replayed({{letter(doubtful), true}, {letter(refused), true}, {letter(again_refused), false}});
  EXPECT_EQ(ledger.records.PresenceOf(Planned(doubtful).first_record), Presence::kMust);
  EXPECT_EQ(ledger.records.PresenceOf(Planned(refused).first_record), Presence::kMust);
  EXPECT_EQ(ledger.records.PresenceOf(Planned(again_refused).first_record), Presence::kMay);
}

TEST_F(LedgerReplayTest, ARunWithoutALedgerIsRefused) {
  const auto ledger = Replay();
  EXPECT_TRUE(absl::IsFailedPrecondition(ledger.status())) << ledger.status();
  EXPECT_THAT(ledger.status().message(), HasSubstr("older Weir"));
}

TEST_F(LedgerReplayTest, DamagedRunsAreRefusedWithTheLeg) {
  TellWholeLoad();
  v1::Interval interval;
  interval.set_second(7);
  interval.mutable_ledger()->add_acknowledged(1);  // runs have three numbers each
  ASSERT_TRUE(store->AppendInterval(run.id(), 0, v1::PHASE_MEASURE, interval).ok());
  const auto damaged = Replay();
  EXPECT_TRUE(absl::IsInvalidArgument(damaged.status())) << damaged.status();
  EXPECT_THAT(damaged.status().message(), HasSubstr("leg 0"));
  run.mutable_legs(0)->set_scenario("gone");
  EXPECT_TRUE(absl::IsDataLoss(Replay().status()));
}

}  // namespace
}  // namespace weir
