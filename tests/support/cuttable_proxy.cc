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
  for (const Connection& connection : served_) {
    close(connection.client);
    close(connection.server);
  }
  close(listener_);
}

void CuttableProxy::Cut() {
  std::lock_guard lock(mutex_);
  for (const Connection& connection : served_) {
    shutdown(connection.client, SHUT_RDWR);
    shutdown(connection.server, SHUT_RDWR);
  }
}

void CuttableProxy::Forget() {
  std::lock_guard lock(mutex_);
  for (Connection& connection : served_) connection.forgotten = true;
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
void CuttableProxy::PumpRequests(Connection& connection) {
  char buffer[16 * 1024];
  for (ssize_t got; (got = recv(connection.client, buffer, sizeof(buffer), 0)) > 0;) {
    if (connection.forgotten) continue;
    connection.asked_ns = NowNs();
    if (send(connection.server, buffer, static_cast<size_t>(got), MSG_NOSIGNAL) != got) break;
  }
  shutdown(connection.client, SHUT_RDWR);
  shutdown(connection.server, SHUT_RDWR);
}

void CuttableProxy::PumpAnswers(const Connection& connection) {
  prctl(PR_SET_TIMERSLACK, 1);  // wake when told to, not some 50 µs later
  Held held;
  char buffer[16 * 1024];
  for (ssize_t got; (got = recv(connection.server, buffer, sizeof(buffer), 0)) > 0;) {
    if (connection.forgotten) continue;
    if (ToBeCut({buffer, static_cast<size_t>(got)})) break;
    HoldBack(connection.asked_ns, &held);
    if (send(connection.client, buffer, static_cast<size_t>(got), MSG_NOSIGNAL) != got) break;
  }
  shutdown(connection.server, SHUT_RDWR);
  shutdown(connection.client, SHUT_RDWR);
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
  Connection& served = served_.emplace_back(client, server, NowNs());
  pumps_.emplace_back([this, &served] { PumpRequests(served); });
  pumps_.emplace_back([this, &served] { PumpAnswers(served); });
}

}  // namespace weir
