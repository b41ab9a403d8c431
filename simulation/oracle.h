// Watches a simulated run from outside, on true time and over every crash, and keeps a list of what
// must never have happened. Knows what agents counted, what reached the database and what the
// coordinator said; never asks the code under test. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "simulation/stage_books.h"

#include "coordinator/stage_merge.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

class Oracle {
 public:
  explicit Oracle(uint32_t agents) : agents_(agents), nodes_(agents) {}

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
  void OnSaid(int64_t now_ns, const std::string& line);                               // to the user
  void OnSecond(const v1::Leg& leg, v1::Phase stage, const MergedSecond& second);
  void OnCoordinatorCrash() { coordinator_crashed_ = true; }

  // ------------------------------------------------------------------------------ what is allowed
  void set_lease_ns(int64_t lease_ns) { lease_ns_ = lease_ns; }
  void set_clock_slack_ns(int64_t slack_ns) { clock_slack_ns_ = slack_ns; }
  void OnClockStep(int64_t by_ns) { stepped_ns_ += by_ns < 0 ? -by_ns : by_ns; }

  // The run is over; `clock_offsets_ns`: each node's clock minus the coordinator's, in truth.
  void CheckResult(const v1::RunResult& run, const std::vector<int64_t>& clock_offsets_ns);
  void ExpectValid(const v1::RunResult& run);

 private:
  using StageKey = std::pair<uint32_t, v1::Task>;             // leg, task
  using Account = std::tuple<uint32_t, v1::Phase, uint32_t>;  // intended second, phase, operation

  struct Node {
    std::map<int64_t, int64_t> pongs;  // its own clock → true time, of each that it sent
    int64_t granted_true_ns = -1;      // of the latest that arrived
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
    // By node: the reports it sent, by number, and which were acknowledged.
    std::map<uint32_t, std::map<uint64_t, v1::Interval>> reports;
    std::map<uint32_t, uint64_t> acknowledged;
  };

  void CheckSkew(const v1::RunResult& run, const v1::Leg& leg, const StageKey& key,
                 const Stage& stage);
  void CheckAccounts(const v1::Leg& leg, const StageKey& key, const Stage& stage);
  void CheckTotals(const v1::Leg& leg, const StageKey& key, const Stage& stage);
  void CheckAcknowledged(const v1::Leg& leg, const StageKey& key, const Stage& stage);
  void CheckVerdict(const v1::RunResult& run);
  void CheckClocks(const v1::RunResult& run, const std::vector<int64_t>& clock_offsets_ns);

  const uint32_t agents_;
  std::vector<Node> nodes_;
  std::map<StageKey, Stage> stages_;
  std::vector<std::string> violations_;
  uint64_t operations_ = 0;
  int64_t lease_ns_ = 0;
  int64_t stepped_ns_ = 0;
  int64_t clock_slack_ns_ = 0;  // drift since the offsets were measured
  bool anyone_lost_ = false;
  bool coordinator_crashed_ = false;
};

}  // namespace weir
