#include "backends/cosmos/emulator/server_socket.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace weir::cosmos::emulator {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPointer = std::unique_ptr<BIO, FreeBio>;

BioPointer Reader(const std::string& pem) {
  return BioPointer(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

bool UseCertificates(SSL_CTX* context, const std::string& pem) {
  const BioPointer bio = Reader(pem);
  X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
  if (certificate == nullptr) return false;
  const bool used = SSL_CTX_use_certificate(context, certificate) == 1;
  X509_free(certificate);
  if (!used) return false;
  while (X509* issuer = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, issuer) == 1) continue;
    X509_free(issuer);
    return false;
  }
  ERR_clear_error();  // the end of the file is no error
  return true;
}

bool UseKey(SSL_CTX* context, const std::string& pem) {
  const BioPointer bio = Reader(pem);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  if (key == nullptr) return false;
  const bool used = SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  return used && SSL_CTX_check_private_key(context) == 1;
}

// HTTP/1.1 of what the client offers; a client that offers other protocols only is let go on, as
// one that offers none.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                   const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, chosen_size, kProtocols, sizeof(kProtocols) - 1,
                                           offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

// ----------------------------------------------------------------------------------------- TLS

absl::StatusOr<TlsServer> TlsServer::Make(const TlsIdentity& identity) {
  TlsServer server;
  server.context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = server.context_.get();
  if (context == nullptr) return absl::InternalError("OpenSSL makes no context");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, &ChooseProtocol, nullptr);
  if (!UseCertificates(context, identity.certificate) || !UseKey(context, identity.key)) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the TLS library takes neither certificate nor key");
  }
  return server;
}

SslPointer TlsServer::Open(int fd) const {
  SslPointer ssl(SSL_new(context_.get()));
  if (ssl == nullptr || SSL_set_fd(ssl.get(), fd) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  SSL_set_accept_state(ssl.get());
  return ssl;
}

// -------------------------------------------------------------------------------------- socket

ServerSocket::~ServerSocket() {
  if (tls_ != nullptr && is_open_) {
    SSL_shutdown(tls_.get());  // the goodbye, if it can be said at once
    ERR_clear_error();
  }
  close(fd_);
}

ServerSocket::Io ServerSocket::ShakeHands() {
  if (tls_ == nullptr) return Io::kSome;
  ERR_clear_error();
  const int done = SSL_do_handshake(tls_.get());
  is_open_ = done == 1;
  return is_open_ ? Io::kSome : AfterTls(done);
}

ServerSocket::Io ServerSocket::AfterTls(int done) {
  const int error = SSL_get_error(tls_.get(), done);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    wants_ = error == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
    return Io::kNotNow;
  }
  if (error == SSL_ERROR_ZERO_RETURN) return Io::kEnd;
  is_open_ = false;
  ERR_clear_error();
  return Io::kBroken;
}

ServerSocket::Io ServerSocket::Receive(absl::Span<char> room, size_t* count) {
  if (tls_ != nullptr) {
    ERR_clear_error();
    const int done = SSL_read_ex(tls_.get(), room.data(), room.size(), count);
    return done == 1 ? Io::kSome : AfterTls(done);
  }
  ssize_t received = 0;
  do {
    received = recv(fd_, room.data(), room.size(), 0);
  } while (received < 0 && errno == EINTR);
  if (received > 0) {
    *count = static_cast<size_t>(received);
    return Io::kSome;
  }
  if (received == 0) return Io::kEnd;
  if (errno != EAGAIN) return Io::kBroken;
  wants_ = EPOLLIN;
  return Io::kNotNow;
}

ServerSocket::Io ServerSocket::Send(std::string_view bytes, std::string_view more, size_t* count) {
  if (tls_ != nullptr) {
    const std::string_view part = bytes.empty() ? more : bytes;
    ERR_clear_error();
    const int done = SSL_write_ex(tls_.get(), part.data(), part.size(), count);
    return done == 1 ? Io::kSome : AfterTls(done);
  }
  ssize_t sent = 0;
  if (more.empty() || bytes.empty()) {
    const std::string_view part = bytes.empty() ? more : bytes;
    sent = send(fd_, part.data(), part.size(), MSG_NOSIGNAL);
  } else {
    iovec parts[2] = {{const_cast<char*>(bytes.data()), bytes.size()},
                      {const_cast<char*>(more.data()), more.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    sent = sendmsg(fd_, &message, MSG_NOSIGNAL);
  }
  if (sent >= 0) {
    *count = static_cast<size_t>(sent);
    return Io::kSome;
  }
  if (errno != EAGAIN && errno != EINTR) return Io::kBroken;
  wants_ = EPOLLOUT;
  return Io::kNotNow;
}

void ServerSocket::EndSending() {
  if (tls_ != nullptr && std::exchange(is_open_, false)) {
    SSL_shutdown(tls_.get());
    ERR_clear_error();
  }
  shutdown(fd_, SHUT_WR);
}

}  // namespace weir::cosmos::emulator
