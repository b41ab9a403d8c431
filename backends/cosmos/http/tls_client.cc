#include "backends/cosmos/http/tls_client.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace weir::cosmos {
namespace {

// ------------------------------------------------------- a socket as OpenSSL's own, but no SIGPIPE

int SocketOf(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

bool IsNotNow() { return errno == EAGAIN || errno == EINTR; }

int WriteSocket(BIO* bio, const char* bytes, size_t size, size_t* written) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = send(SocketOf(bio), bytes, size, MSG_NOSIGNAL);
  *written = count > 0 ? static_cast<size_t>(count) : 0;
  if (count < 0 && IsNotNow()) BIO_set_retry_write(bio);
  return count > 0 ? 1 : 0;
}

int ReadSocket(BIO* bio, char* bytes, size_t size, size_t* read) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = recv(SocketOf(bio), bytes, size, 0);
  *read = count > 0 ? static_cast<size_t>(count) : 0;
  if (count == 0) errno = 0;  // the server's end is no error of the system
  if (count < 0 && IsNotNow()) BIO_set_retry_read(bio);
  return count > 0 ? 1 : 0;
}

long ControlSocket(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

// One for the life of the process; null when memory is short.
const BIO_METHOD* SocketMethod() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (made == nullptr) return made;
    BIO_meth_set_write_ex(made, &WriteSocket);
    BIO_meth_set_read_ex(made, &ReadSocket);
    BIO_meth_set_ctrl(made, &ControlSocket);
    return made;
  }();
  return method;
}

bool AttachSocket(SSL* ssl, int fd) {
  const BIO_METHOD* method = SocketMethod();
  BIO* bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio == nullptr) return false;
  // OpenSSL keeps a pointer for us. NOLINTNEXTLINE(performance-no-int-to-ptr)
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(fd)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);  // owns it
  return true;
}

// Whose certificate is accepted. False when that could not be said: then none may be.
bool ExpectHost(SSL* ssl, std::string host) {
  unsigned char address[sizeof(in6_addr)];
  if (inet_pton(AF_INET, host.c_str(), address) == 1 ||
      inet_pton(AF_INET6, host.c_str(), address) == 1) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  if (host.ends_with('.')) host.pop_back();  // certificates name hosts without the root's dot
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

}  // namespace

absl::StatusOr<TlsClient> TlsClient::Make(const std::string& root_certificate) {
  TlsClient client;
  client.context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = client.context_.get();
  if (context == nullptr) return absl::InternalError("OpenSSL makes no context");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context, kProtocols, sizeof(kProtocols) - 1);
  const int trusted = root_certificate.empty() ? SSL_CTX_set_default_verify_paths(context)
                                               : SSL_CTX_load_verify_locations(
                                                     context, root_certificate.c_str(), nullptr);
  if (trusted != 1) {
    ERR_clear_error();
    return absl::FailedPreconditionError(
        absl::StrCat("no certificates can be read from ",
                     root_certificate.empty() ? "the machine's store" : root_certificate));
  }
  return client;
}

SslPointer TlsClient::Open(int fd, const std::string& host) const {
  SslPointer ssl(SSL_new(context_.get()));
  if (ssl == nullptr || !AttachSocket(ssl.get(), fd) || !ExpectHost(ssl.get(), host)) {
    ERR_clear_error();
    return nullptr;
  }
  SSL_set_connect_state(ssl.get());
  return ssl;
}

std::string TlsError(const SSL* ssl, int error) {
  const int system_error = errno;
  const long verified = SSL_get_verify_result(ssl);
  const unsigned long queued = ERR_peek_last_error();
  ERR_clear_error();
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return "the server's certificate is for another host than the endpoint names";
  }
  if (verified != X509_V_OK) {
    return absl::StrCat("the server's certificate is not trusted: ",
                        X509_verify_cert_error_string(verified));
  }
  const char* reason = queued == 0 ? nullptr : ERR_reason_error_string(queued);
  if (error == SSL_ERROR_SYSCALL && queued == 0 && system_error != 0) {
    reason = std::strerror(system_error);
  }
  return absl::StrCat("TLS failed: ", reason == nullptr ? "the connection was closed" : reason);
}

}  // namespace weir::cosmos
