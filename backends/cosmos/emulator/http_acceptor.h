// Takes connections from the listening socket and hands each to the worker that has fewest. On the
// thread of one of them.
#pragma once

#include <cstddef>
#include <vector>

#include "base/event_loop.h"

namespace weir::cosmos::emulator {

class HttpWorker;

class HttpAcceptor final : private IoHandler, private TimerHandler {
 public:
  // Closes listener in the end. Loop and workers outlive it. With more than most_connections, or
  // when the system has no more descriptors, further ones wait in the socket's backlog.
  HttpAcceptor(EventLoop& loop, int listener, std::vector<HttpWorker*> workers,
               size_t most_connections);
  ~HttpAcceptor() override;
  HttpAcceptor(const HttpAcceptor&) = delete;
  HttpAcceptor& operator=(const HttpAcceptor&) = delete;

 private:
  void OnReady(uint32_t epoll_events) override;
  void OnTimer() override;
  HttpWorker& Idlest() const;
  bool IsFull() const;
  void Pause();

  EventLoop& loop_;
  const int listener_;
  const std::vector<HttpWorker*> workers_;
  const size_t most_connections_;
  TimerId timer_ = 0;  // while it pauses
};

}  // namespace weir::cosmos::emulator
