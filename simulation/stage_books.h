// What an agent's stage counted, kept outside the agent: it outlives a crash and is what the merged
// result is held against. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "measure/tally.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

// One kind of operation: counts, and the recorded values of the two histograms that are used.
struct CellBook {
  v1::Tally counts;
  std::vector<uint64_t> response_ns;
  std::vector<uint64_t> charge;

  void AddTo(Tally* tally) const {
    AddCounts(counts, &tally->counts());
    tally->lag.RecordTimes(0, counts.attempts());  // at once, and once each
    for (const uint64_t value : response_ns) {
      tally->response.Record(value);
      tally->dispatch_response.Record(value);
    }
    for (const uint64_t value : charge) tally->charge.Record(value);
  }
  void Add(const CellBook& other) {
    AddCounts(other.counts, &counts);
    response_ns.insert(response_ns.end(), other.response_ns.begin(), other.response_ns.end());
    charge.insert(charge.end(), other.charge.begin(), other.charge.end());
  }
};

using PhaseOperation = std::pair<v1::Phase, uint32_t>;

struct StageBooks {
  uint32_t node = 0;   // the machine
  uint32_t share = 0;  // the agent's index in the run
  uint32_t leg = 0;
  v1::Task task = v1::TASK_UNSPECIFIED;
  int64_t started_true_ns = 0;  // its first turn
  bool started = false;
  bool over = false;  // it ended by itself and said so
  std::map<PhaseOperation, CellBook> totals;
  uint64_t budget_milli_ru = 0;  // its share; 0: no limit
  uint64_t used_milli_ru = 0;
  uint64_t most_in_a_second = 0;  // milli-RU
  uint64_t most_in_flight = 0;    // milli-RU that may still be charged after the stop
};

// A tally to count in, empty. Tallies are large; this one is used again and again.
inline Tally& ScratchTally() {
  static thread_local Tally* const tally = new Tally();
  tally->Clear();
  return *tally;
}

}  // namespace weir
