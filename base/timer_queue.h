// Timers of one event loop, in order of time and then of scheduling. Not thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <queue>
#include <unordered_map>
#include <vector>

#include "base/event_loop.h"

namespace weir {

class TimerQueue {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  TimerId Schedule(int64_t at_ns, TimerHandler* handler);
  void Cancel(TimerId timer);
  int64_t NextNs();  // kNever when there is none

  // Runs every timer due at now_ns, including those that a handler adds for now_ns or before.
  void RunDue(int64_t now_ns);

 private:
  struct Entry {
    int64_t at_ns;
    TimerId id;
    bool operator>(const Entry& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : id > other.id;
    }
  };

  void DropCancelled();

  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> entries_;
  std::unordered_map<TimerId, TimerHandler*> handlers_;  // absent: cancelled
  TimerId last_ = 0;
};

}  // namespace weir
