// What an agent does with its reports: what is under way, what waits on disk, what comes again.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "control/spool_reader.h"

#include "tests/agent/agent_control_fixture.h"

namespace weir {
namespace {

TEST_F(AgentControlTest, NumbersItsIntervalsAndSaysHowManyThereWere) {
  RunStage();
  control_.OnInterval(v1::Interval());
  control_.OnInterval(v1::Interval());
  EXPECT_EQ(Last().interval().sequence(), 2u);
  EXPECT_EQ(Last().interval().leg(), 2u);
  EXPECT_EQ(Last().interval().step(), 4u);
  control_.OnStageDone(v1::StageDone());
  EXPECT_EQ(Last().stage_done().last_sequence(), 2u);
  EXPECT_EQ(Last().stage_done().step(), 4u);
}

TEST_F(AgentControlTest, SendsAgainWhatIsNotAcknowledgedForASecondAFewAtATime) {
  RunStage();
  for (int i = 0; i < 6; ++i) control_.OnInterval(v1::Interval());
  port_.sent.clear();
  LiveTo(500);
  LiveTo(900);
  EXPECT_TRUE(SequencesSent().empty());
  LiveTo(1100);
  EXPECT_EQ(SequencesSent(), (std::vector<uint64_t>{1, 2, 3, 4}));
  Acknowledge(1200, 4);
  port_.sent.clear();
  control_.OnInterval(v1::Interval());
  LiveTo(1500);
  LiveTo(2300);
  EXPECT_EQ(SequencesSent(), (std::vector<uint64_t>{7, 5, 6, 7}));
}

TEST_F(AgentControlTest, HasFourReportsUnderWayAndTheRestOnDiskHoweverLongTheCoordinatorIsSlow) {
  RunStage();
  for (int i = 0; i < 60; ++i) control_.OnInterval(v1::Interval());
  EXPECT_EQ(SequencesSent(), (std::vector<uint64_t>{1, 2, 3, 4}));
  EXPECT_EQ(port_.stops, 0) << "the load goes on";
  EXPECT_EQ(spool_.last(), 60u);
}

TEST_F(AgentControlTest, HandsOverEveryReportOnceAndInOrderWhenASlowCoordinatorComesBack) {
  RunStage();
  std::vector<uint64_t> all;
  for (uint64_t i = 1; i <= 60; ++i) {
    control_.OnInterval(v1::Interval());
    all.push_back(i);
  }
  for (uint64_t kept = 1; kept <= 60; ++kept) {
    Acknowledge(200, kept);
    EXPECT_LE(SequencesSent().size(), kept + 4) << "never more than four under way";
  }
  EXPECT_EQ(SequencesSent(), all);
  EXPECT_TRUE(spool_.empty());
}

TEST_F(AgentControlTest, SendsReportsThatTheCoordinatorMisses) {
  RunStage();
  for (int i = 0; i < 5; ++i) control_.OnInterval(v1::Interval());
  port_.sent.clear();
  v1::CoordinatorMessage resend;
  resend.mutable_resend()->set_step(4);
  resend.mutable_resend()->set_first(2);
  resend.mutable_resend()->set_last(3);
  Hear(resend, 200);
  EXPECT_EQ(SequencesSent(), (std::vector<uint64_t>{2, 3}));
}

TEST_F(AgentControlTest, RepeatsItsEndUntilThatIsAcknowledged) {
  RunStage();
  control_.OnInterval(v1::Interval());
  control_.OnStageDone(v1::StageDone());
  LiveTo(900);
  EXPECT_EQ(Sent(v1::AgentMessage::kStageDone), 1);
  LiveTo(1800);
  EXPECT_EQ(Sent(v1::AgentMessage::kStageDone), 2);
  Acknowledge(1900, 1);  // the report, not the end
  LiveTo(2700);
  LiveTo(3500);
  EXPECT_EQ(Sent(v1::AgentMessage::kStageDone), 3);
  Acknowledge(3600, 1, /*done=*/true);
  LiveTo(4500);
  LiveTo(5400);
  EXPECT_EQ(Sent(v1::AgentMessage::kStageDone), 3);
  EXPECT_TRUE(spool_.empty()) << "no report waits";
}

TEST_F(AgentControlTest, LeavesTheEndOfItsStageOnDiskUntilTheRunGoesOnOrIsOver) {
  RunStage();
  control_.OnInterval(v1::Interval());
  control_.OnStageDone(v1::StageDone());
  Acknowledge(300, 1, /*done=*/true);
  EXPECT_EQ(disk_.files(), 1u) << "a coordinator that dies now has not recorded the stage yet";
  v1::CoordinatorMessage goodbye;
  goodbye.mutable_goodbye();
  Hear(goodbye, 400);
  EXPECT_EQ(disk_.files(), 0u);
}

TEST_F(AgentControlTest, LeavesWhatTellsWhoseReportsItHasWhenTheCoordinatorIsGone) {
  RunStage();
  control_.OnInterval(v1::Interval());
  control_.OnTick(Ms(30'000));
  control_.OnStageDone(v1::StageDone());
  ASSERT_TRUE(port_.quit);
  EXPECT_EQ(*port_.quit, AgentExit::kLostCoordinator);
  std::vector<v1::SpoolRecord> records;
  const std::string bytes = disk_.Bytes("spool.1");
  MemoryDisk copy;
  ASSERT_TRUE((*copy.Open("copy"))->Append(bytes).ok());
  const auto file = ReadSpoolFile(*copy.Open("copy"),
                                  [&](v1::SpoolRecord& record) { records.push_back(record); });
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->head.run_id(), control_.welcome().run_id());
  EXPECT_EQ(file->head.step(), 4u);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].report().sequence(), 1u);
  EXPECT_EQ(records[1].end().last_sequence(), 1u);
}

TEST_F(AgentControlTest, StopsAndSaysSoWhenItsReportsCannotBeKept) {
  RunStage();
  v1::Interval large;
  large.add_processes()->set_name(std::string(3000, 'x'));
  control_.OnInterval(large);
  EXPECT_EQ(port_.stops, 0);
  control_.OnInterval(large);
  EXPECT_EQ(port_.stops, 1);
  EXPECT_EQ(SequencesSent(), (std::vector<uint64_t>{1, 2})) << "sent all the same";
  control_.OnStageDone(v1::StageDone());
  EXPECT_NE(Last().stage_done().error().find("the spool is full"), std::string::npos);
}

}  // namespace
}  // namespace weir
