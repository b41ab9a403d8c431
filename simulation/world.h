// One simulated run from one seed: a coordinator, its agents, and what goes wrong. The same seed is
// the same world to the last event. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

enum class WorldMode : uint8_t {
  kHealthy,  // nothing goes wrong: the run must be valid
  kSafety,   // anything may go wrong, to the end: what is reported must be true
  kLiveness  // goes wrong for a while and heals: the run must end
};

enum class Recovery : uint8_t { kNone, kInPart, kWhole };

struct WorldReport {
  uint64_t seed = 0;
  WorldMode mode = WorldMode::kHealthy;
  std::vector<std::string> violations;  // empty: all is well
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  uint64_t operations = 0;  // that reached the database
  bool run_over = false;
  Recovery recovery = Recovery::kNone;  // of a stage that a dead coordinator had in hand
  bool coordinator_crashed = false;
  v1::RunState state = v1::RUN_STATE_RUNNING;
  v1::Validity validity = v1::VALIDITY_UNKNOWN;
};

WorldReport RunWorld(uint64_t seed, bool verbose = false);

const char* ModeName(WorldMode mode);

}  // namespace weir
