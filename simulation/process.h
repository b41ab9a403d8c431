// The life of a simulated process: what is posted to it runs in order, later while it is frozen or
// slow, and never after it has ended. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#include "simulation/event_heap.h"

namespace weir {

class SimProcess {
 public:
  explicit SimProcess(EventHeap& heap) : heap_(heap) {}

  void Post(int64_t at_ns, EventHeap::Action action) {
    heap_.At(at_ns, [life = life_, this, action = std::move(action)]() mutable {
      if (!*life) return;
      if (waiting_.empty() && heap_.now_ns() >= resume_ns_) return action();
      if (waiting_.empty()) Awaken();
      waiting_.push_back(std::move(action));
    });
  }

  // Nothing of it runs for so long: SIGSTOP, a paused virtual machine, or a core taken away.
  void Pause(int64_t length_ns) {
    if (heap_.now_ns() + length_ns > resume_ns_) resume_ns_ = heap_.now_ns() + length_ns;
  }
  void Resume() {
    if (resume_ns_ <= heap_.now_ns()) return;
    resume_ns_ = heap_.now_ns();
    if (!waiting_.empty()) Awaken();
  }

  // What was posted is forgotten; what is posted from now on belongs to the next life.
  void End() {
    *life_ = false;
    life_ = std::make_shared<bool>(true);
    waiting_.clear();
    resume_ns_ = 0;
  }

 private:
  void Awaken() {
    heap_.At(resume_ns_, [life = life_, this] {
      if (*life) Drain();
    });
  }

  void Drain() {
    if (heap_.now_ns() < resume_ns_) return Awaken();
    const std::shared_ptr<bool> life = life_;
    while (*life && !waiting_.empty() && heap_.now_ns() >= resume_ns_) {
      EventHeap::Action action = std::move(waiting_.front());
      waiting_.pop_front();
      action();
    }
    if (*life && !waiting_.empty()) Awaken();
  }

  EventHeap& heap_;
  std::shared_ptr<bool> life_ = std::make_shared<bool>(true);
  std::deque<EventHeap::Action> waiting_;
  int64_t resume_ns_ = 0;
};

}  // namespace weir
