// The future of a simulated world, ordered by (time, sequence): what was planned first for an
// instant happens first. True time, in nanoseconds. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace weir {

class EventHeap {
 public:
  using Action = std::function<void()>;

  int64_t now_ns() const { return now_ns_; }
  uint64_t events() const { return events_; }  // that happened
  bool empty() const { return heap_.empty(); }
  int64_t next_ns() const { return heap_.front().at_ns; }  // when not empty

  // What is planned for the past happens now.
  void At(int64_t at_ns, Action action) {
    heap_.push_back({std::max(at_ns, now_ns_), ++sequence_, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }
  void After(int64_t delay_ns, Action action) { At(now_ns_ + delay_ns, std::move(action)); }

  void RunNext() {
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    Event event = std::move(heap_.back());
    heap_.pop_back();
    now_ns_ = event.at_ns;
    ++events_;
    event.action();
  }

 private:
  struct Event {
    int64_t at_ns;
    uint64_t sequence;
    Action action;
  };

  static bool Later(const Event& a, const Event& b) {
    return a.at_ns != b.at_ns ? a.at_ns > b.at_ns : a.sequence > b.sequence;
  }

  int64_t now_ns_ = 0;
  uint64_t sequence_ = 0;
  uint64_t events_ = 0;
  std::vector<Event> heap_;
};

}  // namespace weir
