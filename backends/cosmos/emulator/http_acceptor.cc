#include "backends/cosmos/emulator/http_acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "backends/cosmos/emulator/http_worker.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

constexpr int64_t kPauseNs = 50 * kNsPerMs;
constexpr int kMostAtOnce = 64;  // then those that are open have their turn

}  // namespace

HttpAcceptor::HttpAcceptor(EventLoop& loop, int listener, std::vector<HttpWorker*> workers,
                           size_t most_connections)
    : loop_(loop),
      listener_(listener),
      workers_(std::move(workers)),
      most_connections_(most_connections) {
  loop_.Watch(listener_, EPOLLIN, this);
}

HttpAcceptor::~HttpAcceptor() {
  loop_.Cancel(timer_);
  loop_.Unwatch(listener_);
  close(listener_);
}

HttpWorker& HttpAcceptor::Idlest() const {
  return **std::min_element(
      workers_.begin(), workers_.end(),
      [](const HttpWorker* a, const HttpWorker* b) { return a->connections() < b->connections(); });
}

bool HttpAcceptor::IsFull() const {
  size_t connections = 0;
  for (const HttpWorker* worker : workers_) connections += worker->connections();
  return connections >= most_connections_;
}

void HttpAcceptor::OnReady(uint32_t) {
  for (int i = 0; i < kMostAtOnce; ++i) {
    if (IsFull()) return Pause();
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      const bool is_short = errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                            errno == ENOMEM;  // level-triggered: it would be told at once again
      if (is_short) Pause();
      return;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    Idlest().Adopt(fd);
  }
}

void HttpAcceptor::Pause() {
  loop_.Unwatch(listener_);
  timer_ = loop_.Schedule(loop_.Now() + kPauseNs, this);
}

void HttpAcceptor::OnTimer() {
  timer_ = 0;
  loop_.Watch(listener_, EPOLLIN, this);
}

}  // namespace weir::cosmos::emulator
