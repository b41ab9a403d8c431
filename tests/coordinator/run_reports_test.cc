// Reports that come twice, in disorder, late or not at all: the result is the same to the last bit,
// or the run says that it is incomplete (R41, R42).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "tests/coordinator/rehearsal.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;

// What becomes of each message of a stage is drawn from a seed; what is asked for again is sent.
class Chaotic : public Rehearsal {
 public:
  explicit Chaotic(uint64_t seed) : Rehearsal(2), draws_(seed, 0) {}

  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    std::vector<v1::AgentMessage> messages;
    for (uint32_t second = 0; second < kSeconds; ++second) {
      sent_[connection].push_back(Interval(arm, second));
    }
    for (const v1::AgentMessage& message : sent_[connection]) {
      if (quiet_ || draws_.Below(4) > 0) messages.push_back(message);
      if (!quiet_ && draws_.Below(4) == 0) messages.push_back(message);
    }
    for (size_t i = messages.size(); !quiet_ && i > 1; --i) {
      std::swap(messages[i - 1], messages[draws_.Below(i)]);
    }
    for (const v1::AgentMessage& message : messages) Deliver(connection, message);
    ends_[connection] = Done(arm, kSeconds);
    Deliver(connection, ends_[connection]);
    sent_before_[connection] = sent_[connection];
    sent_[connection].clear();
  }

  void Answer(ConnectionId connection, const v1::CoordinatorMessage& message) override {
    if (message.has_resend()) {
      EXPECT_LE(message.resend().last() - message.resend().first(), 3u);
      for (uint64_t n = message.resend().first(); n <= message.resend().last(); ++n) {
        if (!mute_) Deliver(connection, sent_before_[connection][n - 1]);
      }
    }
    if (message.has_acknowledge() && message.acknowledge().stage_done() && !mute_) {
      EXPECT_EQ(message.acknowledge().sequence(), kSeconds);
    }
    Rehearsal::Answer(connection, message);
  }

  static constexpr uint32_t kSeconds = 12;
  DrawStream draws_;
  bool quiet_ = false;
  bool mute_ = false;
  std::map<ConnectionId, std::vector<v1::AgentMessage>> sent_;
  std::map<ConnectionId, std::vector<v1::AgentMessage>> sent_before_;
  std::map<ConnectionId, v1::AgentMessage> ends_;
};

std::string ResultsOf(const v1::RunResult& run) {
  std::string bytes;
  for (const v1::Leg& leg : run.legs()) {
    for (const v1::PhaseResult& result : leg.results()) bytes += result.SerializeAsString();
  }
  return bytes;
}

TEST(RunReports, GiveTheSameResultWhateverIsLostRepeatedOrReordered) {
  Chaotic calm(0);
  calm.quiet_ = true;
  calm.Run();
  ASSERT_TRUE(calm.finished_);
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Chaotic run(seed);
    run.Run();
    run.Pass(10 * kNsPerSecond);
    ASSERT_TRUE(run.finished_);
    ASSERT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID);
    ASSERT_EQ(ResultsOf(run.result()), ResultsOf(calm.result()));
    ASSERT_EQ(run.merged_ok_, calm.merged_ok_);
  }
}

TEST(RunReports, SayThatTheRunIsIncompleteWhenAReportNeverComes) {
  Chaotic run(3);
  run.mute_ = true;
  run.Run();
  run.Pass(60 * kNsPerSecond);
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
  EXPECT_THAT(run.result().verdict().reasons(), Contains(HasSubstr("arrived")));
}

// Agents that report as the test says.
class Scripted : public Rehearsal {
 public:
  using Rehearsal::Rehearsal;
  void RunStage(ConnectionId, const v1::Arm&) override {}
};

TEST(RunReports, AreAcknowledgedOnceTheirSecondIsKept) {
  Scripted run(2);
  run.Run();
  run.Deliver(1, Rehearsal::Interval(run.arms_[1], 0));
  run.Deliver(1, Rehearsal::Interval(run.arms_[1], 1));
  EXPECT_EQ(run.acknowledged_[1].sequence(), 0u) << "the second waits for agent 2";
  run.Deliver(2, Rehearsal::Interval(run.arms_[2], 0));
  EXPECT_EQ(run.acknowledged_[1].sequence(), 1u);
  EXPECT_EQ(run.acknowledged_[2].sequence(), 1u);
  EXPECT_EQ(run.journal_.back().kept().sequences(0), 1u);
}

TEST(RunReports, LetAnAgentForgetItsEndOnlyWhenAllItsSecondsAreKept) {
  Scripted run(2);
  run.Run();
  run.Deliver(1, Rehearsal::Interval(run.arms_[1], 0));
  run.Deliver(1, Rehearsal::Done(run.arms_[1], 1));
  EXPECT_FALSE(run.acknowledged_[1].stage_done());
  run.Deliver(2, Rehearsal::Interval(run.arms_[2], 0));
  EXPECT_TRUE(run.acknowledged_[1].stage_done());
}

TEST(RunReports, AcknowledgeTheEndOfAStageThatIsLongOver) {
  class Forgetful : public Rehearsal {
   public:
    using Rehearsal::Rehearsal;
    void RunStage(ConnectionId connection, const v1::Arm& arm) override {
      if (arm.task() == v1::TASK_LOAD && first_.step() == 0) first_ = arm;
      if (arm.task() == v1::TASK_LOAD) return Rehearsal::RunStage(connection, arm);
    }
    v1::Arm first_;
  };
  Forgetful forgetful(1);
  forgetful.Run();
  forgetful.acknowledged_.clear();
  forgetful.Deliver(1, Rehearsal::Done(forgetful.first_, 3));
  EXPECT_TRUE(forgetful.acknowledged_[1].stage_done());
  EXPECT_EQ(forgetful.acknowledged_[1].step(), forgetful.first_.step());
}

TEST(RunReports, OfARepeatedSecondCountOnce) {
  Scripted run(1);
  run.Run();
  run.Deliver(1, Rehearsal::Interval(run.arms_[1], 0));
  run.Deliver(1, Rehearsal::Interval(run.arms_[1], 0));
  run.Deliver(1, Rehearsal::Done(run.arms_[1], 1));
  EXPECT_EQ(run.merged_ok_, 10u);
  EXPECT_EQ(run.result().legs(0).duplicate_reports(), 1u);
}

TEST(RunReports, ThatDoNotAddUpMakeTheRunInvalid) {
  class Miscounting : public Rehearsal {
   public:
    using Rehearsal::Rehearsal;
    void RunStage(ConnectionId connection, const v1::Arm& arm) override {
      Deliver(connection, Interval(arm, 0));
      v1::AgentMessage done = Done(arm, 1);
      done.mutable_stage_done()->mutable_totals(0)->mutable_total()->set_ok(11);
      Deliver(connection, done);
    }
  };
  Miscounting run(1);
  run.Run();
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
  EXPECT_THAT(run.result().verdict().reasons(), Contains(HasSubstr("do not add up")));
}

TEST(RunReports, AreAskedForByRepeatingPrepareUntilItIsAnswered) {
  class Slow : public Rehearsal {
   public:
    using Rehearsal::Rehearsal;
    void Prepare(ConnectionId connection, const v1::Prepare& prepare) override {
      ++asked_;
      if (asked_ > 3) Rehearsal::Prepare(connection, prepare);
    }
    int asked_ = 0;
  };
  Slow run(1);
  run.Run();
  EXPECT_EQ(run.asked_, 1);
  run.Pass(4 * kNsPerSecond);
  EXPECT_TRUE(run.finished_);
}

// Second `second` of both agents as a relay bundles it; the agents' numbers of it may differ.
class RelaysBundle {
 public:
  RelaysBundle(EndlessRehearsal& run, uint32_t second, const std::vector<uint64_t>& sequences) {
    reports_.resize(sequences.size());
    view_.reports.resize(sequences.size());
    for (size_t i = 0; i < sequences.size(); ++i) {
      const auto connection = static_cast<ConnectionId>(i + 1);
      v1::IntervalReport report = Rehearsal::Interval(run.arms_[connection], second).interval();
      EXPECT_TRUE(all_.AddHistograms(TallyView::Of(report.interval().operations(0).tally())).ok());
      report.set_sequence(sequences[i]);
      v1::OperationInterval& part = *report.mutable_interval()->mutable_operations(0);
      reports_[i] = report;
      v1::Tally counts;
      AddCounts(part.tally(), &counts);
      *reports_[i].mutable_interval()->mutable_operations(0)->mutable_tally() = counts;
      view_.step = report.step();
      view_.reports[i].connection = connection;
      view_.reports[i].report.Read(reports_[i]);
      *sums_.mutable_operations() = report.interval().operations();
    }
    *sums_.mutable_operations(0)->mutable_tally() = all_.ToProto();
    view_.histograms.Read(second, sums_.operations());
  }
  const BundleView& view() const { return view_; }

 private:
  Tally all_;
  std::vector<v1::IntervalReport> reports_;
  v1::Interval sums_;
  BundleView view_;
};

TEST(RunReports, TakesABundleForAllOfItsAgents) {
  EndlessRehearsal run(2);
  run.Run();
  const RelaysBundle bundle(run, 1, {2, 2});
  run.control_->OnBundle(bundle.view(), ++run.now_);
  EXPECT_EQ(run.merged_ok_, 40u);
  for (const ConnectionId connection : {1, 2}) {
    EXPECT_EQ(run.acknowledged_[connection].sequence(), 2u);
  }
}

TEST(RunReports, AsksEachAgentOfABundleForItsOwnReportWhereOneIsNotTheNext) {
  EndlessRehearsal run(2);
  run.Run();
  run.inbox_.clear();
  const RelaysBundle bundle(run, 1, {3, 2});
  run.control_->OnBundle(bundle.view(), ++run.now_);
  EXPECT_EQ(run.merged_ok_, 20u) << "only what was there before";
  std::map<ConnectionId, v1::Resend> asked;
  for (const auto& [connection, message] : run.inbox_) {
    if (message.has_resend()) asked[connection] = message.resend();
  }
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[1].first(), 2u);
  EXPECT_EQ(asked[1].last(), 3u);
  EXPECT_EQ(asked[2].first(), 2u);
  EXPECT_EQ(asked[2].last(), 2u);
}

}  // namespace
}  // namespace weir
