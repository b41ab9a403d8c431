// The switch between the nodes of the cluster test: makes a network namespace for each node named
// on the command line, prints "NAME ADDRESS NAMESPACE" for each and "ready", and then passes their
// frames on under the conditions that it is told on its standard input. Ends with its input.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/epoll_loop.h"
#include "tests/cluster/fabric.h"
#include "tests/cluster/switch_commands.h"
#include "tests/cluster/tap_node.h"

namespace weir::cluster {
namespace {

constexpr int64_t kLongestWaitNs = 60'000'000'000;
constexpr uint64_t kSeed = 20261122;  // the same frames are lost in every run of a test
constexpr size_t kLongestFrame = 2048;
constexpr int kFramesAtOnce = 64;  // of one port, before the others get their turn

class Port final : public IoHandler {
 public:
  Port(int number, int tap_fd, EventLoop& loop, Fabric& fabric)
      : number_(number), tap_fd_(tap_fd), loop_(loop), fabric_(fabric) {
    loop_.Watch(tap_fd_, EPOLLIN, this);
  }

  void OnReady(uint32_t) override {
    char frame[kLongestFrame];
    for (int i = 0; i < kFramesAtOnce; ++i) {
      const ssize_t bytes = read(tap_fd_, frame, sizeof(frame));
      if (bytes <= 0) return;
      fabric_.Enter(number_, {frame, static_cast<size_t>(bytes)}, loop_.Now());
    }
  }

  // A frame that the kernel does not take is lost, as on any network.
  void Deliver(std::string_view frame) {
    const ssize_t written = write(tap_fd_, frame.data(), frame.size());
    static_cast<void>(written);
  }

 private:
  const int number_;
  const int tap_fd_;
  EventLoop& loop_;
  Fabric& fabric_;
};

class Orders final : public IoHandler {
 public:
  Orders(const std::vector<std::string>& names, EventLoop& loop, Fabric& fabric)
      : names_(names), fabric_(fabric) {
    loop.Watch(STDIN_FILENO, EPOLLIN, this);
  }

  bool over() const { return over_; }

  void OnReady(uint32_t) override {
    char bytes[4096];
    const ssize_t count = read(STDIN_FILENO, bytes, sizeof(bytes));
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) over_ = true;
    if (count <= 0) return;
    unread_.append(bytes, static_cast<size_t>(count));
    for (size_t end; (end = unread_.find('\n')) != std::string::npos; unread_.erase(0, end + 1)) {
      std::printf("%s\n", CarryOut(unread_.substr(0, end), names_, fabric_).c_str());
    }
    std::fflush(stdout);
  }

 private:
  const std::vector<std::string> names_;
  Fabric& fabric_;
  std::string unread_;
  bool over_ = false;
};

int Serve(const std::vector<std::string>& names) {
  EpollLoop loop;
  Fabric fabric(static_cast<int>(names.size()), kSeed);
  std::vector<std::unique_ptr<Port>> ports;
  for (const std::string& name : names) {
    const int number = static_cast<int>(ports.size());
    const auto node = MakeTapNode(name, number + 1);
    if (!node.ok()) {
      std::fprintf(stderr, "weir-switch: %s\n", std::string(node.status().message()).c_str());
      return 1;
    }
    ports.push_back(std::make_unique<Port>(number, node->tap_fd, loop, fabric));
    std::printf("%s %s /proc/%d/fd/%d\n", name.c_str(), node->address.c_str(), getpid(),
                node->namespace_fd);
  }
  std::printf("ready\n");
  std::fflush(stdout);
  Orders orders(names, loop, fabric);
  const auto deliver = [&](int to, std::string_view frame) {
    ports[static_cast<size_t>(to)]->Deliver(frame);
  };
  while (!orders.over()) {
    loop.RunOnce(std::min(fabric.NextNs(), loop.Now() + kLongestWaitNs));
    fabric.Release(loop.Now(), deliver);
  }
  return 0;
}

}  // namespace
}  // namespace weir::cluster

int main(int argc, char** argv) {
  if (argc < 3 || argc > 255) {
    std::fprintf(stderr, "usage: weir-switch NODE NODE…\n");
    return 2;
  }
  return weir::cluster::Serve({argv + 1, argv + argc});
}
