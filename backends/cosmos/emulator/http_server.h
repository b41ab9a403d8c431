// An HTTP/1.1 server: threads, each with its own event loop, that hand whole requests to one
// handler and send what it returns. Connections are kept alive; requests may be pipelined.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/answer_gate.h"
#include "backends/cosmos/emulator/http_message.h"
#include "backends/cosmos/emulator/tls_identity.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {

class HttpWorker;
class TlsServer;

// Called on any of the server's threads, at the same time. Does not throw.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

// After these a connection is closed.
struct HttpTimeouts {
  int64_t idle_ns = 300 * kNsPerSecond;     // without a request
  int64_t request_ns = 120 * kNsPerSecond;  // for a whole request, a handshake, a part of an answer
  int64_t linger_ns = 2 * kNsPerSecond;     // for the client to close after the last answer
};

class HttpServer {
 public:
  // A request with a larger body is answered 413 without reaching the handler.
  static constexpr size_t kMaxBodyBytes = 8 << 20;

  struct Settings {
    std::string host;   // a numeric address
    uint16_t port = 0;  // 0: any that is free
    int threads = 1;
    TlsIdentity tls;                // empty: no TLS
    AnswerGate* gate = nullptr;     // holds answers back; outlives the server
    size_t max_connections = 8192;  // more wait until others are closed
    HttpTimeouts timeouts;
  };
  // kInvalidArgument for what is no numeric address or no identity for TLS, kUnavailable when the
  // address cannot be had.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const Settings& settings,
                                                           HttpHandler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const { return port_; }
  // Answers what it has received and closes. Once.
  void Stop();

 private:
  explicit HttpServer(HttpHandler handler);

  const HttpHandler handler_;
  std::unique_ptr<TlsServer> tls_;  // null: none
  std::vector<std::unique_ptr<HttpWorker>> workers_;
  uint16_t port_ = 0;
};

}  // namespace weir::cosmos::emulator
