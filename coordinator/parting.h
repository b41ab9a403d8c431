// The end of a run: its result is final and kept, and agents are told goodbye until they have
// heard. Owned by RunControl; one thread.
#pragma once

#include <cstdint>
#include <set>

#include "coordinator/roster.h"

namespace weir {

class Parting {
 public:
  // Waits for the agents that are connected now, and not for ever.
  Parting(Roster& roster, int64_t now_ns);

  void OnFarewell(uint32_t agent) { unparted_.erase(agent); }

  // Says goodbye when it is time to. True when nobody is waited for any more.
  bool OnTick(int64_t now_ns);

 private:
  Roster& roster_;
  std::set<uint32_t> unparted_;  // agents that have not said farewell
  const int64_t deadline_ns_;
  int64_t next_goodbye_ns_;
};

}  // namespace weir
