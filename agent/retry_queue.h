// Which operations get another attempt, and when: full jitter, U(0, min(cap, base·2ⁿ)); after
// throttling what the server asks for, plus U(0, base) (R49). One worker, one thread.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "backends/api/backend.h"

namespace weir {

struct RetrySettings {
  uint32_t attempts = 1;
  uint32_t throttled_attempts = 1;  // after throttling, this many in all
  int64_t base_ns = 20'000'000;
  int64_t cap_ns = 5'000'000'000;
  bool obey_retry_after = true;
  uint64_t seed = 0;
};

class RetryQueue {
 public:
  explicit RetryQueue(const RetrySettings& settings) : settings_(settings) {}

  // What has been made of an operation so far.
  struct Tried {
    uint32_t attempts;
    uint32_t* moves;  // of these, attempts that went to where the data no longer were
  };

  // Whether there will be another attempt after this outcome; it is in the queue then.
  bool Add(Ticket ticket, const Tried& tried, const Outcome& outcome, int64_t now_ns);

  bool empty() const { return waiting_.empty(); }
  int64_t NextDueNs() const { return waiting_.top().due_ns; }  // when not empty, as Take
  Ticket Take();

 private:
  struct Waiting {
    int64_t due_ns;
    Ticket ticket;
    bool operator>(const Waiting& other) const { return due_ns > other.due_ns; }
  };

  bool Follow(Ticket ticket, uint32_t* moves, int64_t now_ns);
  int64_t WaitNs(uint32_t attempt, const Outcome& outcome);

  const RetrySettings settings_;
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
  uint64_t draws_ = 0;
};

}  // namespace weir
