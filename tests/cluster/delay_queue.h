// Frames on their way, in the order in which they arrive; of two that arrive at the same time the
// one that was sent first. Knows no clock. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace weir::cluster {

struct FrameUnderWay {
  int from;  // port
  int to;
  std::string bytes;
};

class DelayQueue {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  void Push(int64_t arrival_ns, FrameUnderWay frame) {
    heap_.push_back({arrival_ns, ++pushed_, std::move(frame)});
    std::push_heap(heap_.begin(), heap_.end(), IsAfter);
  }

  // kNever: nothing is under way.
  int64_t NextNs() const { return heap_.empty() ? kNever : heap_.front().arrival_ns; }

  // The next frame. The queue is not empty.
  FrameUnderWay Pop() {
    std::pop_heap(heap_.begin(), heap_.end(), IsAfter);
    FrameUnderWay frame = std::move(heap_.back().frame);
    heap_.pop_back();
    return frame;
  }

 private:
  struct Entry {
    int64_t arrival_ns;
    uint64_t serial;
    FrameUnderWay frame;
  };

  static bool IsAfter(const Entry& one, const Entry& other) {
    return std::pair(one.arrival_ns, one.serial) > std::pair(other.arrival_ns, other.serial);
  }

  std::vector<Entry> heap_;
  uint64_t pushed_ = 0;
};

}  // namespace weir::cluster
