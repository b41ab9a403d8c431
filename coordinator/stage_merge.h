// Brings the intervals of all agents of one stage together: second by second, and in total. Reports
// may come in any order between agents; a second is complete when every agent has reported it or a
// later one, or is done. Memory does not grow with the length of the run. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

#include "measure/tally.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

// The tallies of one second, or of a stage, by phase and operation.
using TallyMap = std::map<std::pair<v1::Phase, uint32_t>, std::unique_ptr<Tally>>;

class StageMerge {
 public:
  using OnSecond = absl::FunctionRef<void(uint32_t second, const TallyMap& tallies)>;

  explicit StageMerge(uint32_t agents) : agents_(agents) {}

  // Merges the report unless its sequence number was merged before. A gap, or a payload that is no
  // histogram, is an error.
  absl::Status Add(uint32_t agent, const v1::IntervalReport& report, OnSecond on_second);

  // The agent will report no more; done.totals must equal the sum of its intervals.
  absl::Status Finish(uint32_t agent, const v1::StageDone& done, OnSecond on_second);

  // The agent is gone: its seconds are no longer waited for.
  void Lose(uint32_t agent, OnSecond on_second);

  bool done() const;            // every agent has finished or is lost
  uint32_t unfinished() const;  // the first that has not
  const TallyMap& totals() const { return totals_; }
  uint64_t duplicates() const { return duplicates_; }

 private:
  struct Agent {
    uint64_t sequence = 0;     // of the last report merged
    uint32_t next_second = 0;  // all before have been reported
    std::map<std::pair<v1::Phase, uint32_t>, v1::Tally> counts;
    bool over = false;
  };

  void Flush(OnSecond on_second);
  Tally& In(TallyMap& map, v1::Phase phase, uint32_t operation);

  std::vector<Agent> agents_;
  std::map<uint32_t, TallyMap> open_;  // seconds not complete yet
  std::vector<std::unique_ptr<Tally>> spare_;
  TallyMap totals_;
  uint64_t duplicates_ = 0;
};

}  // namespace weir
