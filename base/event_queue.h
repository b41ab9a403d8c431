// A queue of things to do on one thread, filled from others. Any thread may Push; one thread pops.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace weir {

class EventQueue {
 public:
  using Event = std::function<void()>;

  void Push(Event event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    pushed_.notify_one();
  }

  // Runs one event on the calling thread, waiting up to `wait` for it. False when none came.
  bool RunOne(std::chrono::milliseconds wait) {
    Event event;
    {
      std::unique_lock lock(mutex_);
      if (!pushed_.wait_for(lock, wait, [this] { return !events_.empty(); })) return false;
      event = std::move(events_.front());
      events_.pop_front();
    }
    event();
    return true;
  }

  // Runs what is there now, without waiting.
  void RunAll() {
    size_t left;
    {
      std::lock_guard lock(mutex_);
      left = events_.size();
    }
    while (left-- > 0 && RunOne(std::chrono::milliseconds(0))) {
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable pushed_;
  std::deque<Event> events_;
};

}  // namespace weir
