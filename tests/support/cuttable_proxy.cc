#include "tests/support/cuttable_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"

namespace weir {
namespace {

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
void CuttableProxy::Pump(int from, int to, bool answers) {
  char buffer[16 * 1024];
  for (ssize_t got; (got = recv(from, buffer, sizeof(buffer), 0)) > 0;) {
    if (answers && ToBeCut({buffer, static_cast<size_t>(got)})) break;
    if (send(to, buffer, static_cast<size_t>(got), MSG_NOSIGNAL) != got) break;
  }
  shutdown(from, SHUT_RDWR);
  shutdown(to, SHUT_RDWR);
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
  ++connections_;
  std::lock_guard lock(mutex_);
  sockets_.push_back(client);
  sockets_.push_back(server);
  pumps_.emplace_back([this, client, server] { Pump(client, server, false); });
  pumps_.emplace_back([this, client, server] { Pump(server, client, true); });
}

}  // namespace weir
