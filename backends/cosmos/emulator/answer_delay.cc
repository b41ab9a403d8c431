#include "backends/cosmos/emulator/answer_delay.h"

#include <chrono>
#include <utility>

#include "base/clock.h"

namespace weir::cosmos::emulator {

void AnswerDelay::After(int64_t ms, std::function<void()> call) {
  {
    const std::scoped_lock lock(mutex_);
    if (!is_stopping_) {
      waiting_.emplace(MonotonicNs() + ms * kNsPerMs, std::move(call));
      if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
      changed_.notify_one();
      return;
    }
  }
  call();
}

void AnswerDelay::Stop() {
  std::thread thread;
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
    thread = std::move(thread_);
    changed_.notify_one();
  }
  if (thread.joinable()) thread.join();
}

void AnswerDelay::Run() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_ || !waiting_.empty()) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const int64_t left_ns = waiting_.begin()->first - MonotonicNs();
    if (left_ns > 0 && !is_stopping_) {
      changed_.wait_for(lock, std::chrono::nanoseconds(left_ns));
      continue;
    }
    const auto call = std::move(waiting_.extract(waiting_.begin()).mapped());
    lock.unlock();
    call();
    lock.lock();
  }
}

}  // namespace weir::cosmos::emulator
