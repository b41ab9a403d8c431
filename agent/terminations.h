// SIGTERM for whoever is to hear it now. Never destroyed: its thread waits until the process ends.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

namespace weir {

class Terminations {
 public:
  // Before there are other threads: it blocks SIGTERM and SIGINT, for those that follow as well.
  Terminations();
  Terminations(const Terminations&) = delete;
  Terminations& operator=(const Terminations&) = delete;

  // Called at once when it came before. Null: nobody hears it, it is kept.
  void Tell(std::function<void()> listener);
  bool terminated() const { return terminated_; }

 private:
  void Wait();

  std::mutex mutex_;
  std::function<void()> listener_;
  std::atomic<bool> terminated_{false};
};

}  // namespace weir
