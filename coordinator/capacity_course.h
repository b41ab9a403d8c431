// Leads a run through its searches for capacity: after each probe it tells the search of that
// scenario and target what was seen, and puts the next probe into the run's program. Owned by
// RunControl; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "coordinator/capacity_search.h"
#include "coordinator/run_program.h"
#include "proto/results.pb.h"

namespace weir {

class CapacityCourse {
 public:
  // To be called when the leg of steps[step] is over and judged, its probe too. Adds the search's
  // next leg to the run and its steps to the program, right after this one. Returns a line for the
  // user; empty where the leg is no probe.
  std::string AfterLeg(uint32_t agents, size_t step, RunProgram* program, v1::RunResult* run);

  // What is known by now, into run->capacities; searches that are not over are UNCONFIRMED.
  void Conclude(v1::RunResult* run);

 private:
  using Key = std::pair<uint32_t, uint32_t>;  // scenario and target

  void Record(const Key& key, v1::RunResult* run) const;

  std::map<Key, CapacitySearch> searches_;
};

// The first probe of a scenario.
v1::Probe FirstProbe(const v1::Campaign& campaign, const v1::Scenario& scenario);

}  // namespace weir
