// The bytes of a connection that libpq has opened, to and from the server: over its socket, or over
// the TLS that libpq has set up on it. Non-blocking. Borrows the connection; one thread.
#pragma once

#include <libpq-fe.h>
#include <sys/types.h>

#include <cstddef>
#include <string_view>

struct ssl_st;

namespace weir {

class ServerSocket {
 public:
  // The connection is open, has nothing under way, outlives this, and is not used through libpq
  // any more but to close it.
  explicit ServerSocket(PGconn* connection);

  // Bytes taken; 0: none now, wait for the socket; −1: the connection is lost.
  ssize_t Send(std::string_view bytes);
  ssize_t Receive(char* room, size_t size);

  // More may be there to receive though the socket is not readable.
  bool buffers() const { return tls_ != nullptr; }

 private:
  ssize_t TlsResult(int result) const;

  const int socket_;
  ssl_st* const tls_;  // null without
};

}  // namespace weir
