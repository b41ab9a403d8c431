#include "agent/terminations.h"

#include <signal.h>

#include <thread>
#include <utility>

namespace weir {
namespace {

sigset_t Ends() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

Terminations::Terminations() {
  const sigset_t set = Ends();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread([this] { Wait(); }).detach();
}

void Terminations::Tell(std::function<void()> listener) {
  std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
  if (terminated_ && listener_ != nullptr) listener_();
}

void Terminations::Wait() {
  const sigset_t set = Ends();
  for (int signal; sigwait(&set, &signal) == 0;) {
    // Ctrl-C reaches the whole foreground group; the coordinator decides what it means.
    if (signal != SIGTERM) continue;
    std::lock_guard lock(mutex_);
    terminated_ = true;
    if (listener_ != nullptr) listener_();
  }
}

}  // namespace weir
