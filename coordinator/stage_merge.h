// Brings the intervals of all agents of one stage together: second by second, and in total. Reports
// may come in any order between agents; a second is complete when every agent has reported it or a
// later one, or is done. Memory does not grow with the length of the run. One thread.
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
#include "measure/tally.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

// What a tally belongs to; see v1.OperationInterval.
struct TallyKey {
  v1::Phase phase;
  uint32_t operation;
  uint32_t age = 0;
  auto operator<=>(const TallyKey&) const = default;
};
using TallyMap = std::map<TallyKey, std::unique_ptr<Tally>>;

// One second of all agents.
struct MergedSecond {
  uint32_t second = 0;
  TallyMap tallies;
  std::map<int32_t, v1::PartitionUse> partitions;
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

  explicit StageMerge(uint32_t agents) : agents_(agents) {}

  // What the agent's share of the plan holds, before its first report.
  void Expect(uint32_t agent, const v1::Prepared& prepared) {
    agents_[agent].ledger.Expect(prepared.planned());
  }

  // Merges the report if it is the agent's next. One that was merged before is a duplicate; after a
  // gap (see missing) it is not taken and has to come again. A payload that cannot be is an error,
  // and nothing of the report is merged.
  absl::StatusOr<Taken> Add(uint32_t agent, const v1::IntervalReport& report, OnSecond on_second);

  // The next report that this agent has to send.
  uint64_t missing(uint32_t agent) const { return agents_[agent].sequence + 1; }

  // The agent will report no more; all its reports have been merged. done.totals must equal the sum
  // of its intervals, and every second must balance. Call it once per agent.
  absl::Status Finish(uint32_t agent, const v1::StageDone& done, OnSecond on_second);

  // The agent is gone: its seconds are no longer waited for. What it was to do before second `end`
  // and did not tell of is counted as lost.
  void Lose(uint32_t agent, uint32_t end, OnSecond on_second);

  bool done() const;  // every agent has finished or is lost
  bool over(uint32_t agent) const { return agents_[agent].over; }
  uint32_t unfinished() const;  // the first that has not
  uint32_t end() const;         // one more than the last second that anyone has reported
  const std::map<std::pair<v1::Phase, uint32_t>, std::unique_ptr<Tally>>& totals() const {
    return totals_;
  }
  uint64_t duplicates() const { return duplicates_; }
  uint64_t lost() const { return lost_; }

 private:
  struct Agent {
    uint64_t sequence = 0;     // of the last report merged
    uint32_t next_second = 0;  // all before have been reported
    std::map<std::pair<v1::Phase, uint32_t>, v1::Tally> counts;
    Ledger ledger;
    bool over = false;
  };

  absl::Status Merge(uint32_t agent, const v1::Interval& interval);
  void Flush(OnSecond on_second);
  Tally& In(MergedSecond& second, const TallyKey& key);
  void CloseSecond(MergedSecond* second);

  std::vector<Agent> agents_;
  std::map<uint32_t, MergedSecond> open_;  // seconds not complete yet
  uint32_t flushed_ = 0;                   // all before have been shown
  std::vector<std::unique_ptr<Tally>> spare_;
  std::map<std::pair<v1::Phase, uint32_t>, std::unique_ptr<Tally>> totals_;
  uint64_t duplicates_ = 0;
  uint64_t lost_ = 0;
};

}  // namespace weir
