#include "backends/cosmos/emulator/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/http_acceptor.h"
#include "backends/cosmos/emulator/http_worker.h"
#include "backends/cosmos/emulator/server_socket.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

static_assert(HttpRequest::kBodyPadding >= simdjson::SIMDJSON_PADDING);

constexpr int kBacklog = 1024;

absl::StatusOr<sockaddr_in> Address(const std::string& host, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("not a numeric IPv4 address: ", host));
  }
  return address;
}

// The socket, and the port that it has.
absl::StatusOr<std::pair<int, uint16_t>> Listen(const std::string& host, uint16_t port) {
  WEIR_ASSIGN_OR_RETURN(sockaddr_in address, Address(host, port));
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  // The port of an emulator that was stopped a moment ago can be had again.
  if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
      bind(fd, generic, size) == 0 && listen(fd, kBacklog) == 0 &&
      getsockname(fd, generic, &size) == 0) {
    return std::make_pair(fd, ntohs(address.sin_port));
  }
  const int error = errno;
  if (fd >= 0) close(fd);
  return absl::UnavailableError(
      absl::StrCat("cannot listen on ", host, ":", port, ": ", std::strerror(error)));
}

}  // namespace

HttpServer::HttpServer(HttpHandler handler) : handler_(std::move(handler)) {}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const Settings& settings,
                                                              HttpHandler handler) {
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(handler)));
  if (!settings.tls.certificate.empty()) {
    WEIR_ASSIGN_OR_RETURN(TlsServer tls, TlsServer::Make(settings.tls));
    server->tls_ = std::make_unique<TlsServer>(std::move(tls));
  }
  WEIR_ASSIGN_OR_RETURN(const auto listening, Listen(settings.host, settings.port));
  server->port_ = listening.second;
  std::vector<HttpWorker*> workers;
  for (int i = 0; i < std::max(1, settings.threads); ++i) {
    server->workers_.push_back(
        std::make_unique<HttpWorker>(HttpWorker::Settings{.handler = &server->handler_,
                                                          .gate = settings.gate,
                                                          .tls = server->tls_.get(),
                                                          .timeouts = settings.timeouts}));
    workers.push_back(server->workers_.back().get());
  }
  HttpWorker& first = *workers.front();
  first.set_acceptor(std::make_unique<HttpAcceptor>(first.loop(), listening.first, workers,
                                                    settings.max_connections));
  for (size_t i = workers.size(); i > 0; --i) workers[i - 1]->Start();  // who accepts, last
  return server;
}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::Stop() {
  for (const auto& worker : workers_) worker->Stop();
  for (const auto& worker : workers_) worker->Join();
  workers_.clear();
}

}  // namespace weir::cosmos::emulator
