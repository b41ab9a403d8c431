// The server's end of one connection, plain or TLS, without blocking. One thread's, which has
// SIGPIPE blocked.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "backends/cosmos/emulator/tls_identity.h"

namespace weir::cosmos::emulator {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPointer = std::unique_ptr<SSL, FreeSsl>;

// What all connections of a server show to their clients. Any thread once made.
class TlsServer {
 public:
  // kInvalidArgument when OpenSSL takes neither certificate nor key.
  static absl::StatusOr<TlsServer> Make(const TlsIdentity& identity);

  // For an accepted socket, which outlives the result; null when memory is short.
  SslPointer Open(int fd) const;

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, FreeContext> context_;
};

class ServerSocket {
 public:
  enum class Io : uint8_t { kSome, kNotNow, kEnd, kBroken };

  // Closes fd in the end. tls: null for none.
  ServerSocket(int fd, SslPointer tls) : fd_(fd), tls_(std::move(tls)) {}
  ~ServerSocket();
  ServerSocket(const ServerSocket&) = delete;
  ServerSocket& operator=(const ServerSocket&) = delete;

  int fd() const { return fd_; }
  bool is_tls() const { return tls_ != nullptr; }

  // kSome: TLS is ready, at once without it.
  Io ShakeHands();
  // Up to room.size() bytes; *count of them with kSome.
  Io Receive(absl::Span<char> room, size_t* count);
  // As much as there is room for; *count with kSome. `more` goes behind `bytes`.
  Io Send(std::string_view bytes, std::string_view more, size_t* count);
  // No more will be sent: the client gets the end. What it sends can still be read.
  void EndSending();

  // Which of EPOLLIN and EPOLLOUT the last kNotNow waits for. TLS may have to write in order to
  // read, and the reverse.
  uint32_t wants() const { return wants_; }

 private:
  Io AfterTls(int done);

  const int fd_;
  const SslPointer tls_;
  uint32_t wants_ = 0;
  bool is_open_ = false;  // TLS: a goodbye can be said
};

}  // namespace weir::cosmos::emulator
