// Attempts that hang, as they do when a network drops what they send.
#include "control/dialling.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "control/grpc_security.h"

#include "coordinator/control_server.h"

namespace weir {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A listener whose queue is full: the kernel drops whoever dials, without a word.
class BlackHole {
 public:
  BlackHole() {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address_), sizeof(address_)), 0);
    socklen_t size = sizeof(address_);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size);
    listen(listener_, 0);
    for (int i = 0; i < 4; ++i) {
      callers_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      connect(callers_.back(), reinterpret_cast<sockaddr*>(&address_), sizeof(address_));
    }
  }
  ~BlackHole() { Close(); }
  void Close() {
    for (const int caller : callers_) close(caller);
    callers_.clear();
    if (listener_ >= 0) close(listener_);
    listener_ = -1;
  }
  uint16_t port() const { return ntohs(address_.sin_port); }

 private:
  int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address_ = {};
  std::vector<int> callers_;
};

class DiallingTest : public testing::Test {
 protected:
  // Dials until somebody answers, or for so long.
  std::optional<Dialling::Answer> DialFor(std::chrono::milliseconds patience) {
    const auto end = Clock::now() + patience;
    while (Clock::now() < end) {
      if (auto answer = dialling_.Await(20ms); answer && answer->connected) return answer;
    }
    return std::nullopt;
  }

  BlackHole hole_;
  std::atomic<int> made_ = 0;
  Dialling dialling_{[this] {
    ++made_;
    return MakeControlChannel({"127.0.0.1", hole_.port()}, {}, ControlEnd::kCoordinator,
                              kLargestOfACoordinator);
  }};
};

// TCP tries again after 1 s and 3 s: whoever waits for that is through after the three.
TEST_F(DiallingTest, IsThroughSoonAfterTheWayIsOpenThoughItsFirstAttemptsHang) {
  EXPECT_FALSE(DialFor(1300ms).has_value());
  EXPECT_GE(made_, 4) << "attempts beside each other";
  hole_.Close();
  EventQueue queue;
  const auto server =
      StartControlServer({"127.0.0.1", hole_.port()}, {}, queue,
                         {.on_bytes = [](ConnectionId, std::string_view, int64_t) {},
                          .on_disconnected = [](ConnectionId) {}});
  ASSERT_TRUE(server.ok()) << server.status();
  const auto opened = Clock::now();
  EXPECT_TRUE(DialFor(10s).has_value());
  EXPECT_LT(Clock::now() - opened, 1500ms);
}

TEST_F(DiallingTest, KeepsFewAttemptsHoweverLongNobodyAnswers) {
  std::vector<std::weak_ptr<grpc::Channel>> channels;
  Dialling dialling([&] {
    auto channel = MakeControlChannel({"127.0.0.1", hole_.port()}, {}, ControlEnd::kCoordinator,
                                      kLargestOfACoordinator);
    channels.push_back(channel);
    return channel;
  });
  const auto end = Clock::now() + 3500ms;
  while (Clock::now() < end) dialling.Await(50ms);
  size_t kept = 0;
  for (const auto& channel : channels) kept += channel.expired() ? 0 : 1;
  EXPECT_GT(channels.size(), 8u);
  EXPECT_LE(kept, 8u);
}

TEST_F(DiallingTest, SaysThatAnAttemptFailedWhereNobodyListens) {
  hole_.Close();
  std::optional<Dialling::Answer> answer;
  const auto end = Clock::now() + 5s;
  while (!answer && Clock::now() < end) answer = dialling_.Await(20ms);
  ASSERT_TRUE(answer.has_value());
  EXPECT_FALSE(answer->connected);
}

}  // namespace
}  // namespace weir
