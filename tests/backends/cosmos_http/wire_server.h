// A server that speaks in bytes, plain or TLS: what it does on a connection is the test's own code.
// On loopback, one thread per connection; everything is over when it is destroyed.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "backends/cosmos/emulator/tls_identity.h"

namespace weir::cosmos {

struct WireRequest {
  std::string head;  // to the blank line, which is included
  std::string body;
};

// A connection as the server sees it. Calls block; they end when the server is destroyed.
class Wire {
 public:
  Wire(int fd, SSL* ssl) : fd_(fd), ssl_(ssl) {}

  // To the end of its body. Nothing when the connection is over before that.
  std::optional<WireRequest> ReadRequest();
  std::string ReadSome(size_t at_most);  // empty: the connection is over
  bool Send(std::string_view bytes);
  bool SendSlowly(std::string_view bytes, size_t piece);
  void CloseByReset() const;  // the client gets an RST where it would get a FIN
  void EndSending() const;    // the client gets a FIN now
  SSL* ssl() { return ssl_; }

 private:
  bool Fill();

  int fd_;
  SSL* ssl_;  // null without TLS
  std::string buffer_;
};

struct WireOptions {
  std::string address = "127.0.0.1";
  TlsIdentity tls;
  int tls_version = 0;     // 0: the newest
  int receive_buffer = 0;  // bytes; 0: the system's
};

class WireServer {
 public:
  // serve: called on the connection's thread, which closes it afterwards.
  explicit WireServer(std::function<void(Wire&)> serve, const WireOptions& options = {});
  ~WireServer();
  WireServer(const WireServer&) = delete;
  WireServer& operator=(const WireServer&) = delete;

  uint16_t port() const { return port_; }
  std::string url() const;
  int connections() const { return connections_; }  // accepted so far
  int closed() const { return closed_; }

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  void Accept();
  void Serve(int fd);
  void UseTls(const WireOptions& options);

  std::function<void(Wire&)> serve_;
  std::string host_;
  std::unique_ptr<SSL_CTX, FreeContext> tls_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::atomic<int> closed_ = 0;
  std::mutex mutex_;
  bool stopping_ = false;             // guarded by mutex_
  std::vector<int> open_;             // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_
  std::thread acceptor_;
};

// A listener whose queue is full: whoever connects waits for ever.
class FullListener {
 public:
  // port 0: any that is free.
  explicit FullListener(const std::string& address = "127.0.0.1", uint16_t port = 0);
  ~FullListener();
  std::string url() const;

 private:
  std::string address_;
  int listener_;
  uint16_t port_;
  std::vector<int> waiting_;
};

// "HTTP/1.1 200 OK" with a length and the body.
std::string AnswerWith(std::string_view body, std::string_view more_headers = "");

}  // namespace weir::cosmos
