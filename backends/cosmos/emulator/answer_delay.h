// Runs calls a while later, on a thread of its own: answers that shall be late wait here, not on a
// thread that serves others. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace weir::cosmos::emulator {

class AnswerDelay {
 public:
  AnswerDelay() = default;
  ~AnswerDelay() { Stop(); }
  AnswerDelay(const AnswerDelay&) = delete;
  AnswerDelay& operator=(const AnswerDelay&) = delete;

  // After Stop the call is made at once, by the caller. There is no thread before the first call.
  void After(int64_t ms, std::function<void()> call);

  // Makes all calls that wait, at once.
  void Stop();

 private:
  void Run();

  std::mutex mutex_;  // guards what is below
  std::condition_variable changed_;
  std::multimap<int64_t, std::function<void()>> waiting_;  // by when they are due, monotonic ns
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace weir::cosmos::emulator
