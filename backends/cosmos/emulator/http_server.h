// HTTP/1.1 on libmicrohttpd: a pool of threads, each with its own epoll, that hand whole requests
// to one handler and send what it returns. Connections are kept alive.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/answer_delay.h"
#include "backends/cosmos/emulator/answer_gate.h"
#include "backends/cosmos/emulator/tls_identity.h"

struct MHD_Daemon;

namespace weir::cosmos::emulator {

// Names and values point into the connection; valid while the handler runs.
struct HttpRequest {
  std::string_view method;
  std::string_view path;  // still percent-encoded, without the query string
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string body;  // with room for simdjson's padding behind it

  // name in lower case. Empty when there is no such header.
  std::string_view Header(std::string_view name) const;
  bool HeaderIsTrue(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string_view, std::string>> headers;
  std::string body;
  int64_t delay_ms = 0;     // how much later it is sent
  bool is_dropped = false;  // not sent: the connection is closed
  uint64_t ticket = 0;      // of the server's gate: sent once that is open

  void Set(std::string_view name, std::string value) {
    headers.emplace_back(name, std::move(value));
  }
};

// Called on any of the server's threads, at the same time.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

class HttpServer {
 public:
  // A request with a larger body is answered 413 without reaching the handler.
  static constexpr size_t kMaxBodyBytes = 8 << 20;

  struct Settings {
    std::string host;   // a numeric address
    uint16_t port = 0;  // 0: any that is free
    int threads = 1;
    TlsIdentity tls;             // empty: no TLS
    AnswerGate* gate = nullptr;  // holds answers back; outlives the server
    bool may_delay = false;      // answers may have a delay
  };
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const Settings& settings,
                                                           HttpHandler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const { return port_; }
  // Answers what it has received and closes. Once.
  void Stop();

 private:
  explicit HttpServer(HttpHandler handler) : handler_(std::move(handler)) {}

  friend struct HttpConnections;

  HttpHandler handler_;
  AnswerGate* gate_ = nullptr;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<int> held_ = 0;  // answers that wait for the gate
  AnswerDelay delay_;
  MHD_Daemon* daemon_ = nullptr;
  uint16_t port_ = 0;
};

}  // namespace weir::cosmos::emulator
