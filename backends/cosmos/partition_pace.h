// How much one physical partition is asked for: the congestion control of one agent towards one
// partition. Pure: told what time it is, no I/O, no lock.
//
// The server gives each partition its share of request units anew every second, carries nothing
// over but debt, and refuses what comes when the share is spent, naming the time until the next
// second. So time is cut here into windows of one second as well, laid upon the server's seconds by
// what its refusals say. In each window requests are admitted until the allowance is spent. The
// allowance is found without talking to the other agents: it grows by a fixed amount after a window
// that was used up without a refusal, and after a window with refusals it becomes a little less
// than what was granted in it (additive increase, multiplicative decrease; Chiu and Jain 1989).
#pragma once

#include <cstdint>

#include "backends/api/operation.h"

namespace weir::cosmos {

// What was admitted; handed back with the answer.
struct Permit {
  int64_t window = -1;  // -1: admitted without being booked
  MilliRu booked = 0;
  uint32_t records = 0;  // that may be sent; at most what was asked for
};

class PartitionPace {
 public:
  // `share`: the request units per second that the partition is believed to be given, all agents
  // together; 0 when nothing is known. `seed`: of the few milliseconds waited after each end of a
  // window or pause, this agent's own, so that agents do not come all at once.
  PartitionPace(MilliRu share, uint64_t seed);

  // For a request of `records` operations that are expected to cost `each`. Fewer may be admitted
  // where the request is divisible. A permit for no records: ask again at `not_before_ns`.
  Permit Ask(uint32_t records, MilliRu each, bool divisible, int64_t now_ns,
             int64_t* not_before_ns);

  // The answer to what was admitted: what was charged for the part that was carried out.
  void Answered(const Permit& permit, MilliRu charge, int64_t now_ns);
  // All or part of it was refused; before its Answered. 0 where the server names no time.
  void Refused(const Permit& permit, int64_t retry_after_ns, int64_t now_ns);

  MilliRu allowance() const { return allowance_; }  // of one window

 private:
  void Roll(int64_t now_ns);
  void EndWindow();
  void Grow();
  void Shrink(MilliRu granted);
  void LearnPhase(int64_t boundary_ns, int64_t now_ns);
  int64_t Jitter() const;
  MilliRu Released(int64_t now_ns) const;
  int64_t ReleaseTime(MilliRu spent) const;
  uint32_t Fitting(uint32_t records, MilliRu each) const;

  const MilliRu share_;
  const uint64_t seed_;
  MilliRu allowance_;
  MilliRu limit_ = 0;  // the allowance at which the server last refused; 0: never yet
  int64_t step_ = 1;   // how many growths the next one is worth, beyond the limit
  bool known_;         // the allowance rests on something: on what was told, or on a refusal

  int64_t window_ = 0;
  int64_t start_ns_ = INT64_MIN;
  MilliRu spent_ = 0;       // booked or charged in this window, and debt
  bool refused_ = false;    // something that was sent in this window
  bool aligned_ = false;    // the window is a second of the server's
  bool exhausted_ = false;  // somebody had to wait for the next
  bool paced_ = false;      // the allowance is released over the window, not at its start
  bool shrunk_for_late_ = false;
  int64_t pause_until_ns_ = INT64_MIN;
  int64_t boundary_ns_ = INT64_MIN;  // a beginning of one of the server's seconds
};

}  // namespace weir::cosmos
