// The gates on the start of a stage and on the clocks that it was agreed by (R38, R39). Pure
// functions, and what they judge.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

// How one agent started, and what was known of its clock during the stage.
struct AgentStart {
  std::string name;
  bool known = false;          // it told when it started
  int64_t skew_ns = 0;         // its first turn, on our clock, minus the agreed start
  int64_t bound_ns = 0;        // of the error of skew_ns, by the clocks
  int64_t clock_bound_ns = 0;  // how well its clock was known, at worst
  int64_t wander_ns = 0;       // how far its clock has moved against ours since the start
  int64_t stepped_ns = 0;      // its clock jumped by so much during the stage
};

// Seconds of agents are brought together only when it is known this well which belong together.
inline constexpr int64_t kLargestClockBoundNs = 50'000'000;

// The gates "start_skew" and "clock" of every agent that failed one; where none failed, of the one
// that came closest to the limit.
std::vector<v1::GateResult> JudgeStart(const std::vector<AgentStart>& starts, int64_t max_skew_ns);

// A clock that drifted far, but evenly, spoils no total: a caution says that the series are
// blurred.
void MarkSeries(const std::vector<AgentStart>& starts, v1::Leg* leg);

}  // namespace weir
