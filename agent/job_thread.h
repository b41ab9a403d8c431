// Runs blocking jobs one after another on a thread of its own. Any thread may Push; destroying it
// waits for the job in hand.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "base/event_queue.h"

namespace weir {

class JobThread {
 public:
  JobThread() : thread_([this] { Loop(); }) {}
  ~JobThread() {
    over_ = true;
    queue_.Push([] {});
    thread_.join();
  }
  void Push(EventQueue::Event job) { queue_.Push(std::move(job)); }

 private:
  void Loop() {
    while (!over_) queue_.RunOne(std::chrono::seconds(1));
  }

  std::atomic<bool> over_{false};
  EventQueue queue_;
  std::thread thread_;
};

}  // namespace weir
