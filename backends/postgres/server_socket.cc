#include "backends/postgres/server_socket.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace weir {
namespace {

constexpr size_t kMostAtOnce = INT_MAX / 2;

bool IsTemporary(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

ServerSocket::ServerSocket(PGconn* connection)
    : socket_(PQsocket(connection)), tls_(static_cast<SSL*>(PQsslStruct(connection, "OpenSSL"))) {
  if (tls_ != nullptr) {
    SSL_set_mode(tls_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
}

ssize_t ServerSocket::TlsResult(int result) const {
  if (result > 0) return result;
  const int error = SSL_get_error(tls_, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

ssize_t ServerSocket::Send(std::string_view bytes) {
  const size_t size = std::min(bytes.size(), kMostAtOnce);
  if (tls_ != nullptr) {
    ERR_clear_error();
    return TlsResult(SSL_write(tls_, bytes.data(), static_cast<int>(size)));
  }
  const ssize_t sent = send(socket_, bytes.data(), size, MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  return IsTemporary(errno) ? 0 : -1;
}

ssize_t ServerSocket::Receive(char* room, size_t size) {
  if (tls_ != nullptr) {
    ERR_clear_error();
    return TlsResult(SSL_read(tls_, room, static_cast<int>(std::min(size, kMostAtOnce))));
  }
  const ssize_t received = recv(socket_, room, size, 0);
  if (received > 0) return received;
  return received < 0 && IsTemporary(errno) ? 0 : -1;
}

}  // namespace weir
