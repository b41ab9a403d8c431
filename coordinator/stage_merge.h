// Brings the intervals of all agents of one stage together: second by second, and in total. Reports
// may come in any order between agents; a second is complete when every agent has reported it or a
// later one, or is done. Memory does not grow with the length of the run, and of an agent's
// histograms nothing is kept: they are decoded straight into the second's (R16). One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/ledger.h"
#include "coordinator/open_parts.h"
#include "coordinator/report_view.h"
#include "measure/tally.h"
#include "measure/tally_view.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

// One second of all agents.
struct MergedSecond {
  uint32_t second = 0;
  TallyMap tallies;
  std::map<int32_t, v1::PartitionUse> partitions;
  std::map<uint32_t, v1::Tally> by_agent;     // counts of all operations; only to be shown live
  std::vector<v1::ResourceSample> resources;  // with their agent's index
  std::vector<v1::ProcessSample> processes;
  std::vector<uint64_t> acknowledged;  // see v1.WriteLedger
  std::vector<uint64_t> unknown;

  v1::Interval ToProto() const;
};

class StageMerge {
 public:
  using OnSecond = absl::FunctionRef<void(const MergedSecond& second)>;

  enum class Taken : uint8_t { kMerged, kDuplicate, kGap };

  explicit StageMerge(uint32_t agents) : agents_(agents), left_(agents) {
    if (agents > 0) waiting_[0] = agents;
  }

  // What the agent's share of the plan holds, before its first report.
  void Expect(uint32_t agent, const v1::Prepared& prepared) {
    agents_[agent].ledger.Expect(prepared.planned());
  }

  // Of a stage that goes on after a crash, before anything else: a second that is kept already, in
  // order. It is shown like any other; who told what of it is not known any more.
  absl::Status TakeKept(const v1::Interval& second, OnSecond on_second);

  // After the seconds that are kept: the agent's reports up to this one are in them. From now on
  // its own account is of what falls due later; what it settles of earlier operations, or of a
  // load, the caller balances over all agents (coordinator/carried_ledger.h).
  void Resume(uint32_t agent, uint64_t sequence);

  // What is missing from that balance is booked as lost, in the next second. Before the agents that
  // it was lost with are lost themselves.
  void LoseCarried(const std::vector<Ledger::Loss>& losses);

  // Merges the report if it is the agent's next. One that was merged before is a duplicate; after a
  // gap (see missing) it is not taken and has to come again. A payload that cannot be is an error,
  // and nothing of the report is merged.
  absl::StatusOr<Taken> Add(uint32_t agent, const ReportView& report, OnSecond on_second);
  absl::StatusOr<Taken> Add(uint32_t agent, const v1::IntervalReport& report, OnSecond on_second);

  // The next reports of several agents, with their histograms merged into one (`histograms`; they
  // have none themselves). Merges all of them, or nothing and returns false: where one is not its
  // agent's next, or cannot be what it says. Each agent's own report will tell which, and why.
  struct Bundled {
    uint32_t agent;
    const ReportView* report;
  };
  bool AddBundle(const std::vector<Bundled>& reports, const ReportView& histograms,
                 OnSecond on_second);

  // The next report that this agent has to send.
  uint64_t missing(uint32_t agent) const { return agents_[agent].sequence + 1; }

  // The agent will report no more; all its reports have been merged. done.totals must equal the sum
  // of its intervals, and every second must balance. Of an agent that was resumed only the second
  // is held to. Call it once per agent.
  absl::Status Finish(uint32_t agent, const v1::StageDone& done, OnSecond on_second);

  // The agent is gone: its seconds are no longer waited for. What it was to do before second `end`
  // and did not tell of is counted as lost.
  void Lose(uint32_t agent, uint32_t end, OnSecond on_second);

  bool done() const { return left_ == 0; }  // every agent has finished or is lost
  bool over(uint32_t agent) const { return agents_[agent].over; }
  uint32_t unfinished() const;  // the first that has not
  uint32_t end() const;         // one more than the last second that anyone has reported
  uint32_t flushed() const { return flushed_; }  // all seconds before have been shown
  const std::map<std::pair<v1::Phase, uint32_t>, std::unique_ptr<Tally>>& totals() const {
    return totals_;
  }
  uint64_t duplicates() const { return duplicates_; }
  uint64_t lost() const { return lost_; }

 private:
  using PartKey = std::pair<v1::Phase, uint32_t>;

  struct Agent {
    uint64_t sequence = 0;     // of the last report merged
    uint32_t next_second = 0;  // all before have been reported
    std::vector<std::pair<PartKey, TallyCounts>> counts;
    Ledger ledger;
    bool resumed = false;
    bool over = false;
  };

  // A second that not every agent has reported. The counts are apart from the tallies until then.
  struct OpenSecond {
    MergedSecond merged;
    OpenParts parts;
    std::vector<std::pair<uint32_t, TallyCounts>> by_agent;
  };

  // Operations as a report notes them.
  struct Notes {
    std::vector<uint64_t> acknowledged;
    std::vector<uint64_t> unknown;
    absl::Status Read(const ReportView& report);
  };

  absl::Status Merge(uint32_t agent, const ReportView& report);
  absl::Status MergeHistograms(const ReportView& histograms);
  void MergeCounts(uint32_t agent, const ReportView& report, const Notes& notes);
  void Book(uint32_t agent, const ReportView& report);
  bool IsNext(uint32_t agent, const ReportView& report) const;
  void MergeRest(uint32_t agent, const v1::Interval& rest, MergedSecond* second);
  void MoveOn(Agent* agent, uint32_t next_second);
  void Leave(Agent* agent);
  void Flush(OnSecond on_second);
  OpenSecond& Second(uint32_t number);
  void BookLoss(const Ledger::Loss& loss, uint32_t earliest);
  void Show(OpenSecond* second, OnSecond on_second);
  void CloseSecond(MergedSecond* second);

  std::vector<Agent> agents_;
  size_t left_;                          // agents that are not over
  std::map<uint32_t, size_t> waiting_;   // how many of them have which second next
  std::map<uint32_t, OpenSecond> open_;  // seconds not complete yet
  uint32_t flushed_ = 0;                 // all before have been shown
  TallyStock stock_;
  std::map<std::pair<v1::Phase, uint32_t>, std::unique_ptr<Tally>> totals_;
  uint64_t duplicates_ = 0;
  uint64_t lost_ = 0;
  ReportView view_;  // of a report that came as a message
};

}  // namespace weir
