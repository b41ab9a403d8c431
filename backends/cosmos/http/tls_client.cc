#include "backends/cosmos/http/tls_client.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace weir::cosmos {

absl::StatusOr<TlsClient> TlsClient::Make(const std::string& root_certificate) {
  TlsClient client;
  client.context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = client.context_.get();
  if (context == nullptr) return absl::InternalError("OpenSSL makes no context");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // Closing without a goodbye is no attack here: the length of an answer is known.
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
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
  if (ssl == nullptr || SSL_set_fd(ssl.get(), fd) != 1) return nullptr;
  unsigned char address[sizeof(in6_addr)];
  const bool is_address = inet_pton(AF_INET, host.c_str(), address) == 1 ||
                          inet_pton(AF_INET6, host.c_str(), address) == 1;
  if (is_address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str());
  } else {
    SSL_set1_host(ssl.get(), host.c_str());
    SSL_set_tlsext_host_name(ssl.get(), host.c_str());
  }
  SSL_set_connect_state(ssl.get());
  return ssl;
}

std::string TlsError(const SSL* ssl) {
  const long verified = SSL_get_verify_result(ssl);
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (verified != X509_V_OK) {
    return absl::StrCat("the server's certificate is not trusted: ",
                        X509_verify_cert_error_string(verified));
  }
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return absl::StrCat("TLS failed: ", reason == nullptr ? "the connection was closed" : reason);
}

}  // namespace weir::cosmos
