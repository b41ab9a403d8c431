// TLS for connections that we open, by OpenSSL: certificates are verified against the machine's
// authorities or a file of them, and must be the host's. One loop's thread.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace weir::cosmos {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPointer = std::unique_ptr<SSL, FreeSsl>;

class TlsClient {
 public:
  // root_certificate: a file with the authorities to trust, and no others; the machine's when
  // empty.
  static absl::StatusOr<TlsClient> Make(const std::string& root_certificate);

  // For a connected socket, which stays the caller's and outlives the result; the handshake is to
  // be made. host: a name or an address without brackets. Null when memory is short. Writing never
  // raises SIGPIPE.
  SslPointer Open(int fd, const std::string& host) const;

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, FreeContext> context_;
};

// Why the last call on the connection failed, in words. `error` is what SSL_get_error made of it.
std::string TlsError(const SSL* ssl, int error);

}  // namespace weir::cosmos
