// A thread that wants to run every millisecond and notes when it could not: then neither could a
// worker. Starts and ends with its object; Take may be called from any one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace weir {

// Gaps between turns that should be a millisecond apart.
struct WatchdogGaps {
  uint64_t long_ns = 0;  // sum of those above 10 ms
  uint64_t most_ns = 0;  // the longest
};

// The book of gaps, apart from the thread: Turn on one thread, Take on another.
class GapBook {
 public:
  static constexpr int64_t kLongGapNs = 10'000'000;

  void Turn(int64_t now_ns);
  WatchdogGaps Take();  // since the last Take

 private:
  int64_t last_turn_ns_ = 0;  // 0: none yet
  std::atomic<uint64_t> long_ns_{0};
  std::atomic<uint64_t> most_ns_{0};
};

class Watchdog {
 public:
  Watchdog();
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  WatchdogGaps Take() { return book_.Take(); }

 private:
  void Run();

  GapBook book_;
  std::atomic<bool> over_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace weir
