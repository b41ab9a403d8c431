#include "tests/support/cuttable_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <utility>

#include "base/check.h"

namespace weir {
namespace {

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

}  // namespace

CuttableProxy::CuttableProxy(int target_port) : target_port_(target_port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  WEIR_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  WEIR_CHECK(listen(listener_, 16) == 0);
  WEIR_CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

CuttableProxy::~CuttableProxy() {
  over_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  Cut();
  for (std::thread& pump : pumps_) pump.join();
  for (const int socket : sockets_) close(socket);
  close(listener_);
}

void CuttableProxy::Cut() {
  std::lock_guard lock(mutex_);
  for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
}

void CuttableProxy::CutAtAnswer(std::string bytes) {
  std::lock_guard lock(mutex_);
  cut_at_ = std::move(bytes);
}

bool CuttableProxy::ToBeCut(std::string_view answer) {
  std::lock_guard lock(mutex_);
  if (cut_at_.empty() || answer.find(cut_at_) == std::string_view::npos) return false;
  cut_at_.clear();
  return true;
}

// Until either side ends.
void CuttableProxy::PumpRequests(int client, int server, std::atomic<int64_t>& asked_ns) {
  char buffer[16 * 1024];
  for (ssize_t got; (got = recv(client, buffer, sizeof(buffer), 0)) > 0;) {
    asked_ns = NowNs();
    if (send(server, buffer, static_cast<size_t>(got), MSG_NOSIGNAL) != got) break;
  }
  shutdown(client, SHUT_RDWR);
  shutdown(server, SHUT_RDWR);
}

void CuttableProxy::PumpAnswers(int server, int client, const std::atomic<int64_t>& asked_ns) {
  prctl(PR_SET_TIMERSLACK, 1);  // wake when told to, not some 50 µs later
  Held held;
  char buffer[16 * 1024];
  for (ssize_t got; (got = recv(server, buffer, sizeof(buffer), 0)) > 0;) {
    if (ToBeCut({buffer, static_cast<size_t>(got)})) break;
    HoldBack(asked_ns, &held);
    if (send(client, buffer, static_cast<size_t>(got), MSG_NOSIGNAL) != got) break;
  }
  shutdown(server, SHUT_RDWR);
  shutdown(client, SHUT_RDWR);
}

// An answer may come in pieces: those before have been held back for part of the time already.
void CuttableProxy::HoldBack(int64_t asked_ns, Held* held) const {
  if (asked_ns != held->asked_ns) *held = {.asked_ns = asked_ns};
  const auto taken_ns = static_cast<double>(NowNs() - asked_ns - held->for_ns);
  const auto wait_ns = static_cast<int64_t>(taken_ns * slow_down_) - held->for_ns;
  if (wait_ns <= 0) return;
  std::this_thread::sleep_for(std::chrono::nanoseconds(wait_ns));
  held->for_ns += wait_ns;
}

void CuttableProxy::Accept() {
  while (!over_) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) Serve(client);
  }
}

void CuttableProxy::Serve(int client) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(target_port_);
  if (connect(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(client);
    close(server);
    return;
  }
  const int on = 1;
  for (const int socket : {client, server}) {
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  ++connections_;
  std::lock_guard lock(mutex_);
  sockets_.push_back(client);
  sockets_.push_back(server);
  std::atomic<int64_t>& asked_ns = asked_ns_.emplace_back(NowNs());
  pumps_.emplace_back(
      [this, client, server, &asked_ns] { PumpRequests(client, server, asked_ns); });
  pumps_.emplace_back([this, client, server, &asked_ns] { PumpAnswers(server, client, asked_ns); });
}

}  // namespace weir
