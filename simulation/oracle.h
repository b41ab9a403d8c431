// Watches a simulated run from outside, on true time and over every crash, and keeps a list of what
// must never have happened. Knows what agents counted, what reached the database and what the
// coordinator said; never asks the code under test. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "simulation/stage_books.h"

#include "coordinator/run_recovery.h"
#include "coordinator/stage_merge.h"
#include "proto/control.pb.h"
#include "proto/journal.pb.h"
#include "proto/results.pb.h"

namespace weir {

class Oracle {
 public:
  // One node more than the run has agents may try to join it.
  explicit Oracle(uint32_t agents) : agents_(agents), nodes_(agents + 1) {}

  void Violate(const std::string& what);
  const std::vector<std::string>& violations() const { return violations_; }

  uint64_t operations() const { return operations_; }  // that reached the database

  // ------------------------------------------------------------------- what happens on an agent
  void OnStage(std::shared_ptr<StageBooks> books);
  void OnIssued(int64_t now_ns, const StageBooks& books, uint64_t index);
  void OnReport(const std::shared_ptr<StageBooks>& books, const v1::IntervalReport& report);
  void OnPong(int64_t now_ns, uint32_t node, const v1::Pong& pong);

  // --------------------------------------------------------------- what happens at the coordinator
  void OnAnswer(int64_t now_ns, uint32_t node, const v1::AgentMessage& message);      // it arrived
  void OnWord(int64_t now_ns, uint32_t node, const v1::CoordinatorMessage& message);  // it said so
  void OnKept(const v1::JournalRecord& record) { journal_.push_back(record); }  // it was told so
  void OnSaid(int64_t now_ns, const std::string& line);                         // to the user
  void OnJournalFailed() { journal_failed_ = true; }
  void OnStoreFailed(const v1::Leg& leg, v1::Phase stage) {
    stages_[{leg.index(), TaskOf(stage)}].store_failed = true;
  }
  void OnSecond(const v1::Leg& leg, v1::Phase stage, const MergedSecond& second);

  // ------------------------------------------------------------------------------ what is allowed
  void set_lease_ns(int64_t lease_ns) { lease_ns_ = lease_ns; }
  void set_tolerates_loss(bool tolerates) { tolerates_loss_ = tolerates; }
  // A node's clock minus the coordinator's, in truth.
  void set_clock_offset(std::function<int64_t(uint32_t node, int64_t true_ns)> offset_ns) {
    clock_offset_ns_ = std::move(offset_ns);
  }
  void OnClockStep(int64_t by_ns) { stepped_ns_ += by_ns < 0 ? -by_ns : by_ns; }

  // Leg, phase, operation → what is in the results store after a crash of the coordinator.
  using Kept = std::map<std::tuple<uint32_t, v1::Phase, uint32_t>, v1::Tally>;
  // `journal` is what is left of it, `run` what is concluded from it.
  void CheckAfterCrash(const Kept& kept, const std::vector<v1::JournalRecord>& journal,
                       const v1::RunResult& run);

  // What was recovered of a stage; `stored` is what its seconds are then.
  void CheckRecovery(const RecoveredRun& recovered, const std::vector<v1::Interval>& stored);

  void CheckResult(int64_t now_ns, const v1::RunResult& run);
  void ExpectValid(const v1::RunResult& run);

 private:
  using StageKey = std::pair<uint32_t, v1::Task>;             // leg, task
  using Account = std::tuple<uint32_t, v1::Phase, uint32_t>;  // intended second, phase, operation

  struct Node {
    std::map<int64_t, int64_t> pongs;  // its own clock → true time, of each that it sent
    int64_t granted_true_ns = -1;      // of the latest that arrived
    int64_t measured_true_ns = 0;      // and when it did
    int64_t lost_true_ns = -1;         // the coordinator took it for lost
    int64_t lost_slack_ns = 0;         // and for so long it may still go on
  };
  struct Balance {
    uint64_t planned = 0;
    uint64_t settled = 0;
    uint64_t lost = 0;
  };
  struct Stage {
    std::set<uint32_t> armed;   // nodes whose Armed has arrived
    std::set<uint64_t> issued;  // indices
    std::vector<std::shared_ptr<StageBooks>> books;
    std::map<Account, Balance> accounts;         // as the merged seconds say
    std::map<PhaseOperation, v1::Tally> merged;  // counts of the merged seconds
    std::set<uint32_t> seconds;
    bool store_failed = false;
    // By node: the reports it sent, by number, and which were acknowledged.
    std::map<uint32_t, std::map<uint64_t, v1::Interval>> reports;
    std::map<uint32_t, uint64_t> acknowledged;
  };

  void CheckSkew(const v1::RunResult& run, const v1::Leg& leg, const StageKey& key,
                 const Stage& stage);
  void CheckAccounts(const v1::Leg& leg, const StageKey& key, const Stage& stage);
  void CheckTotals(const v1::Leg& leg, const StageKey& key, const Stage& stage);
  void CheckAcknowledged(const Kept& kept, const StageKey& key, const Stage& stage);
  static v1::Task TaskOf(v1::Phase stage) {
    return stage == v1::PHASE_LOAD ? v1::TASK_LOAD : v1::TASK_DRIVE;
  }

  void CheckBudget(const StageBooks& books);
  void CheckVerdict(const v1::RunResult& run);
  void CheckClocks(int64_t now_ns, const v1::RunResult& run);

  const uint32_t agents_;
  std::vector<Node> nodes_;
  std::map<StageKey, Stage> stages_;
  std::vector<v1::JournalRecord> journal_;
  std::vector<std::string> violations_;
  uint64_t operations_ = 0;
  int64_t lease_ns_ = 0;
  int64_t stepped_ns_ = 0;
  std::function<int64_t(uint32_t node, int64_t true_ns)> clock_offset_ns_;
  bool anyone_lost_ = false;
  bool tolerates_loss_ = false;
  bool journal_failed_ = false;
  uint32_t step_ = 0;             // the latest that was asked for
  int64_t parting_true_ns_ = 0;   // from here on the result is final
  int64_t ended_by_true_ns_ = 0;  // when the message came that ended the run
};

}  // namespace weir
