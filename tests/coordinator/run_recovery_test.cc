// A coordinator that dies at any moment, and what its agents' spools bring to the end (R42, R44).
#include "coordinator/run_recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"

#include "agent/spool.h"
#include "coordinator/abandoned_run.h"
#include "tests/coordinator/rehearsal.h"
#include "tests/support/memory_disk.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr uint32_t kAgents = 3;
constexpr uint32_t kSeconds = 3;

using StageOf = std::pair<uint32_t, v1::Phase>;  // leg, stage

// What is on disk at one moment of a run.
struct Moment {
  v1::RunResult run;
  std::vector<v1::JournalRecord> journal;
  std::map<StageOf, std::vector<v1::Interval>> seconds;
};

// Every agent counts other values, and all that is kept is noted whenever it changes.
class Recorded final : public Rehearsal {
 public:
  Recorded() : Rehearsal(kAgents) {}

  void RunChanged(const v1::RunResult& run) override {
    now_kept_.run = run;
    Note();
  }
  absl::Status SecondMerged(const v1::Leg& leg, v1::Phase stage,
                            const MergedSecond& second) override {
    now_kept_.seconds[{leg.index(), stage}].push_back(second.ToProto());
    Note();
    return Rehearsal::SecondMerged(leg, stage, second);
  }
  absl::Status Keep(const v1::JournalRecord& record) override {
    now_kept_.journal.push_back(record);
    Note();
    return Rehearsal::Keep(record);
  }

  // In second s agent c settles all of 10·c operations but one, which it settles a second later.
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    std::vector<v1::AgentMessage> told;
    Tally total;
    for (uint32_t second = 0; second < kSeconds; ++second) {
      v1::AgentMessage message = Interval(arm, second);
      auto* parts = message.mutable_interval()->mutable_interval()->mutable_operations();
      parts->Clear();
      const auto add = [&](uint32_t age, uint64_t planned, uint64_t ok) {
        Tally tally;
        tally.counts().set_planned(planned);
        tally.counts().set_ok(ok);
        tally.response.Record(1000 * connection + 10 * second + age);
        v1::OperationInterval* part = parts->Add();
        part->set_phase(PhaseOf(arm));
        part->set_age(PhaseOf(arm) == v1::PHASE_LOAD ? 0 : age);
        *part->mutable_tally() = tally.ToProto();
        total.Add(tally);
      };
      const bool last = second + 1 == kSeconds;
      const uint64_t late = second > 0 ? 1 : 0;
      if (PhaseOf(arm) == v1::PHASE_LOAD) {
        add(0, 10 * connection, 10 * connection - (last ? 0 : 1) + late);
      } else {
        add(0, 10 * connection, 10 * connection - (last ? 0 : 1));
        if (second > 0) add(1, 0, 1);
      }
      told.push_back(message);
    }
    v1::AgentMessage done = Done(arm, kSeconds);
    *done.mutable_stage_done()->mutable_totals(0)->mutable_total() = total.ToProto();
    told.push_back(done);
    told_[{arm.step(), static_cast<uint32_t>(connection - 1)}] = told;
    for (const v1::AgentMessage& message : told) Deliver(connection, message);
  }

  std::vector<Moment> moments_;
  // Step and agent → its reports and its end, that it has or would have told of.
  std::map<std::pair<uint32_t, uint32_t>, std::vector<v1::AgentMessage>> told_;

 private:
  void Note() { moments_.push_back(now_kept_); }

  Moment now_kept_;
};

// Rehearsed agents announce no plan: as if they had.
v1::JournalShare ShareOf(uint32_t agent, v1::Task task) {
  v1::JournalShare share;
  share.set_agent(agent);
  v1::PlannedCounts* counts = share.add_planned();
  counts->set_phase(task == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE);
  if (task == v1::TASK_LOAD) counts->add_by_second(uint64_t{kSeconds} * 10 * (agent + 1));
  for (uint32_t s = 0; s < kSeconds && task != v1::TASK_LOAD; ++s) {
    counts->add_by_second(uint64_t{10} * (agent + 1));
  }
  return share;
}

const Recorded& TheRun() {
  static const Recorded* const run = [] {
    auto* recorded = new Recorded;
    recorded->Run();
    recorded->Pass(10 * kNsPerSecond);
    EXPECT_TRUE(recorded->finished_);
    return recorded;
  }();
  return *run;
}

RunEvidence EvidenceOf(const Moment& moment) {
  RunEvidence evidence = GatherEvidence(moment.journal);
  for (uint32_t agent = 0; evidence.go && agent < kAgents; ++agent) {
    evidence.shares[agent] = ShareOf(agent, evidence.step->task());
  }
  return evidence;
}

// Moments at which a stage was in hand: every one that a crash could have left.
std::vector<Moment> Recoverable() {
  std::vector<Moment> moments;
  for (const Moment& moment : TheRun().moments_) {
    if (CanBeRecovered(GatherEvidence(moment.journal), moment.run)) moments.push_back(moment);
  }
  return moments;
}

// Spools of the stage in hand as agents leave them who carried their part to its end.
class Spools {
 public:
  explicit Spools(const Moment& moment)
      : moment_(moment), evidence_(EvidenceOf(moment)), shelf_(moment.run, StepNumber()) {}

  uint32_t StepNumber() const { return evidence_.step->step(); }
  uint64_t Kept(uint32_t agent) const {
    return agent < evidence_.kept.size() ? evidence_.kept[agent] : 0;
  }

  // From report `first` to report `last`; the end when it told all.
  std::string Add(uint32_t agent, uint64_t first, uint64_t last = kSeconds) {
    const std::string path = absl::StrCat("spool-", agent, "-", first, "-", last);
    {
      Spool spool(disk_, path);
      v1::SpoolHead head;
      head.set_run_id("test");
      head.set_agent_name("a");
      head.set_incarnation(moment_.run.agents(static_cast<int>(agent)).incarnation());
      head.set_step(StepNumber());
      spool.Begin(head);
      for (const v1::AgentMessage& message : TheRun().told_.at({StepNumber(), agent})) {
        if (message.has_stage_done() && last == kSeconds) {
          EXPECT_TRUE(spool.AppendEnd(message.stage_done()).ok());
        }
        const uint64_t sequence = message.interval().sequence();
        if (message.has_interval() && sequence >= first && sequence <= last) {
          EXPECT_TRUE(spool.Append(message.interval()).ok());
        }
      }
    }
    if (spoil_ != nullptr) spoil_(disk_.Bytes(path + ".1"));
    return shelf_.Add(path, [this, path] { return disk_.Open(path + ".1"); });
  }

  absl::StatusOr<RecoveredRun> Recover() {
    return RecoverRun(moment_.run, evidence_, shelf_, [this](auto visit) {
      for (const auto& [key, seconds] : moment_.seconds) {
        if (key.first != evidence_.step->leg()) continue;
        for (const v1::Interval& second : seconds) {
          if (const absl::Status status = visit(key.second, second); !status.ok()) return status;
        }
      }
      return absl::OkStatus();
    });
  }

  // What the store has of the stage afterwards.
  std::vector<std::string> After(const RecoveredRun& recovered) const {
    std::vector<std::string> all;
    const auto kept = moment_.seconds.find({recovered.leg, recovered.stage});
    if (kept != moment_.seconds.end()) {
      for (const v1::Interval& second : kept->second) {
        if (second.second() < recovered.first_second) all.push_back(second.SerializeAsString());
      }
    }
    for (const v1::Interval& second : recovered.seconds) all.push_back(second.SerializeAsString());
    return all;
  }

  const Moment& moment_;
  RunEvidence evidence_;
  MemoryDisk disk_;
  SpoolShelf shelf_;
  std::function<void(std::string&)> spoil_;
};

std::vector<std::string> WithoutACrash(const StageOf& stage) {
  std::vector<std::string> seconds;
  for (const v1::Interval& second : TheRun().moments_.back().seconds.at(stage)) {
    seconds.push_back(second.SerializeAsString());
  }
  return seconds;
}

v1::Tally Sum(const RecoveredRun& recovered) {
  v1::Tally sum;
  const v1::Leg& leg = recovered.run.legs(static_cast<int>(recovered.leg));
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == recovered.stage) AddCounts(result.total(), &sum);
  }
  return sum;
}

const v1::ValidityVerdict& VerdictOfLeg(const RecoveredRun& recovered) {
  return recovered.run.legs(static_cast<int>(recovered.leg)).verdict();
}

TEST(RunRecovery, EqualsToTheBitWhatACoordinatorThatHadLivedWouldHaveSavedWheneverItDied) {
  size_t with_kept = 0;
  const std::vector<Moment> moments = Recoverable();
  ASSERT_GT(moments.size(), 20u);
  for (size_t i = 0; i < moments.size(); ++i) {
    SCOPED_TRACE(i);
    for (const bool acknowledged_are_gone : {false, true}) {
      Spools spools(moments[i]);
      for (uint32_t agent = 0; agent < kAgents; ++agent) {
        spools.Add(agent, acknowledged_are_gone ? spools.Kept(agent) + 1 : 1);
      }
      const auto recovered = spools.Recover();
      ASSERT_TRUE(recovered.ok()) << recovered.status();
      EXPECT_TRUE(recovered->whole) << VerdictOfLeg(*recovered).ShortDebugString();
      EXPECT_EQ(recovered->lost, 0u);
      const StageOf stage{recovered->leg, recovered->stage};
      ASSERT_EQ(spools.After(*recovered), WithoutACrash(stage));
      const auto without =
          Sum({.run = TheRun().result(), .leg = stage.first, .stage = stage.second});
      EXPECT_EQ(Sum(*recovered).SerializeAsString(), without.SerializeAsString());
      with_kept += recovered->first_second > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(with_kept, 10u);
}

TEST(RunRecovery, CallsADriveThatWasCarriedOutPartialAndTheRunAborted) {
  for (const Moment& moment : Recoverable()) {
    Spools spools(moment);
    if (spools.evidence_.step->task() != v1::TASK_DRIVE) continue;
    for (uint32_t agent = 0; agent < kAgents; ++agent) spools.Add(agent, 1);
    const auto recovered = spools.Recover();
    EXPECT_EQ(recovered->run.state(), v1::RUN_STATE_ABORTED);
    EXPECT_NE(VerdictOfLeg(*recovered).validity(), v1::VALIDITY_UNKNOWN);
    EXPECT_THAT(VerdictOfLeg(*recovered).reasons(0),
                HasSubstr("recovered from the spools of 3 of 3 agents"));
    EXPECT_EQ(recovered->run.legs(static_cast<int>(recovered->leg)).failure(), "");
  }
}

// Planned = settled + lost, to the last operation, whoever is missing and whenever it was.
TEST(RunRecovery, CountsAsLostExactlyWhatTheMissingWereToDo) {
  size_t lost = 0;
  for (const Moment& moment : Recoverable()) {
    for (uint32_t present = 0; present < (1u << kAgents); ++present) {
      Spools spools(moment);
      for (uint32_t agent = 0; agent < kAgents; ++agent) {
        if ((present & (1u << agent)) != 0) spools.Add(agent, spools.Kept(agent) + 1);
      }
      const auto recovered = spools.Recover();
      ASSERT_TRUE(recovered.ok()) << recovered.status();
      const v1::Tally sum = Sum(*recovered);
      EXPECT_EQ(sum.planned(), Settled(sum) + sum.lost());
      EXPECT_EQ(sum.lost(), recovered->lost);
      const bool all = present + 1 == 1u << kAgents;
      EXPECT_EQ(recovered->whole, all);
      lost += sum.lost();
      // The whole share of whoever is there is accounted for, and is at least what was planned.
      if (present != 0 || recovered->stage == v1::PHASE_LOAD) {
        EXPECT_EQ(sum.planned(), 180u);
      }
      if (!all) {
        EXPECT_EQ(recovered->run.verdict().validity(), v1::VALIDITY_INVALID);
        EXPECT_THAT(VerdictOfLeg(*recovered).ShortDebugString(),
                    HasSubstr("its spool is not among those given"));
      }
    }
  }
  EXPECT_GT(lost, 0u);
}

TEST(RunRecovery, SaysWhichReportsAreMissingFromASpool) {
  const std::vector<Moment> moments = Recoverable();
  Spools spools(moments.front());
  spools.Add(0, 1);
  spools.Add(1, 1, /*last=*/2);
  spools.Add(2, 2);
  const auto recovered = spools.Recover();
  ASSERT_TRUE(recovered.ok()) << recovered.status();
  const std::string verdict = VerdictOfLeg(*recovered).DebugString();
  EXPECT_THAT(verdict, HasSubstr("agent a2: its spool ends with report 2 and does not tell"));
  EXPECT_THAT(verdict, HasSubstr("agent a3: report 1 is not in its spool"));
  EXPECT_EQ(Sum(*recovered).planned(), Settled(Sum(*recovered)) + Sum(*recovered).lost());
}

TEST(RunRecovery, NamesADamagedFileAndUsesWhatStandsBeforeTheDamage) {
  const std::vector<Moment> moments = Recoverable();
  Spools spools(moments.front());
  spools.Add(0, 1);
  spools.Add(1, 1);
  spools.spoil_ = [](std::string& bytes) { bytes[bytes.size() / 2] ^= 1; };
  EXPECT_THAT(spools.Add(2, 1), HasSubstr("spool-2-1-3 is damaged at byte "));
  const auto recovered = spools.Recover();
  ASSERT_TRUE(recovered.ok()) << recovered.status();
  EXPECT_THAT(VerdictOfLeg(*recovered).DebugString(), HasSubstr("spool-2-1-3 is damaged at byte "));
  EXPECT_GT(recovered->lost, 0u);
}

TEST(RunRecovery, AFileThatIsThereTwiceCountsOnce) {
  const std::vector<Moment> moments = Recoverable();
  Spools once(moments[3]);
  Spools twice(moments[3]);
  for (uint32_t agent = 0; agent < kAgents; ++agent) {
    once.Add(agent, 1);
    for (int copy = 0; copy < 2; ++copy) twice.Add(agent, 1);
  }
  EXPECT_EQ(once.After(*once.Recover()), twice.After(*twice.Recover()));
}

TEST(RunRecovery, MoreSpoolsReplaceWhatFewerBroughtAndNeverTheOtherWayRound) {
  Moment moment = Recoverable()[4];
  Spools few(moment);
  few.Add(0, few.Kept(0) + 1);
  const auto first = few.Recover();
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_GT(first->lost, 0u);
  // As the disks are then.
  *moment.journal.emplace_back().mutable_conclusion()->mutable_before() = moment.run;
  *moment.journal.emplace_back().mutable_recovery() = first->recovery;
  auto& seconds = moment.seconds[{first->leg, first->stage}];
  std::erase_if(seconds, [&](const v1::Interval& s) { return s.second() >= first->first_second; });
  seconds.insert(seconds.end(), first->seconds.begin(), first->seconds.end());

  Spools all(moment);
  for (uint32_t agent = 0; agent < kAgents; ++agent) all.Add(agent, all.Kept(agent) + 1);
  const auto second = all.Recover();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(second->whole);
  EXPECT_EQ(all.After(*second), WithoutACrash({second->leg, second->stage}));

  Spools others(moment);
  others.Add(1, others.Kept(1) + 1);
  const auto less = others.Recover();
  EXPECT_TRUE(absl::IsFailedPrecondition(less.status()));
  EXPECT_THAT(std::string(less.status().message()), HasSubstr("agent a1 told of "));
}

TEST(RunRecovery, WhatAnAgentStillTellsThatWasGivenUpBeforeIsNotCounted) {
  for (const Moment& moment : Recoverable()) {
    Spools spools(moment);
    spools.evidence_.lost[1] = kSeconds;
    for (uint32_t agent = 0; agent < kAgents; ++agent) spools.Add(agent, spools.Kept(agent) + 1);
    const auto recovered = spools.Recover();
    ASSERT_TRUE(recovered.ok()) << recovered.status();
    const v1::Tally sum = Sum(*recovered);
    EXPECT_EQ(sum.planned(), 180u);
    EXPECT_EQ(sum.planned(), Settled(sum) + sum.lost());
    EXPECT_THAT(VerdictOfLeg(*recovered).ShortDebugString(),
                HasSubstr("agent a2: it was lost before the coordinator was"));
  }
}

// ------------------------------------------------------------------------------------ the shelf

TEST(SpoolShelf, SaysOfWhatItDoesNotUseWhoseItIs) {
  const Moment moment = Recoverable().front();
  MemoryDisk disk;
  const auto add = [&](const v1::SpoolHead& head) {
    {
      Spool spool(disk, "s");
      spool.Begin(head);
      EXPECT_TRUE(spool.AppendEnd(v1::StageDone()).ok());
    }
    SpoolShelf shelf(moment.run, 7);
    return shelf.Add("here/s.1", [&] { return disk.Open("s.1"); });
  };
  v1::SpoolHead head;
  head.set_run_id("test");
  head.set_agent_name("north");
  head.set_incarnation(moment.run.agents(0).incarnation());
  head.set_step(7);
  EXPECT_THAT(add(head), IsEmpty());
  head.set_step(6);
  EXPECT_EQ(add(head), "here/s.1 is of step 6 of the run, which was over");
  head.set_incarnation("somebody");
  EXPECT_EQ(add(head), "here/s.1 is of a process of agent north that did not take part");
  head.set_run_id("yesterday");
  EXPECT_EQ(add(head), "here/s.1 is of another run, yesterday");
  head.set_run_id("20261121T021500Z-" + std::string(64, 'c') + "-4f2a");
  EXPECT_THAT(add(head), HasSubstr(" is of another run, 20261121T021500Z-cccc"));
  head.set_run_id("\x1b[2J");
  EXPECT_EQ(add(head), "here/s.1 is no file of a spool");
  SpoolShelf shelf(moment.run, 7);
  const auto held = disk.Open("s.1");
  EXPECT_EQ(shelf.Add("here/s.1", [&] { return disk.Open("s.1"); }),
            "here/s.1: its agent has not ended yet; try again when it has");
}

}  // namespace
}  // namespace weir
