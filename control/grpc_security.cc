#include "control/grpc_security.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace weir {
namespace {

// The lease is short: gRPC's own patience between attempts would use it up.
constexpr int kFirstBackoffMs = 100;
constexpr int kLongestBackoffMs = 1000;
constexpr int kAttemptMs = 2000;

bool Says(const grpc::Status& status, const char* words) {
  return absl::StrContains(status.error_message(), words);
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const ControlSecurity& security) {
  if (!security.tls) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = security.tls->authority;
  options.pem_key_cert_pairs.push_back({security.tls->key, security.tls->certificate});
  return grpc::SslServerCredentials(options);
}

std::shared_ptr<grpc::Channel> MakeControlChannel(const ControlAddress& address,
                                                  const ControlSecurity& security,
                                                  ControlEnd server, int largest) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstBackoffMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kAttemptMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLongestBackoffMs);
  arguments.SetMaxReceiveMessageSize(largest);
  // Two channels to one address, of two runs, are not to share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (!security.exposed) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!security.tls) {
    return grpc::CreateCustomChannel(address.ToString(), grpc::InsecureChannelCredentials(),
                                     arguments);
  }
  arguments.SetSslTargetNameOverride(std::string(IdentityOf(server)));
  return grpc::CreateCustomChannel(
      address.ToString(),
      grpc::SslCredentials({.pem_root_certs = security.tls->authority,
                            .pem_private_key = security.tls->key,
                            .pem_cert_chain = security.tls->certificate}),
      arguments);
}

bool IsOf(const grpc::AuthContext& peer, const ControlSecurity& security, ControlEnd end) {
  if (!security.tls) return true;
  const auto names = peer.FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME);
  const auto has = [&names](ControlEnd role) {
    const absl::string_view identity = IdentityOf(role);
    return std::any_of(names.begin(), names.end(), [identity](const auto& name) {
      return absl::string_view(name.data(), name.size()) == identity;
    });
  };
  return peer.IsPeerAuthenticated() && has(end) &&
         (end == ControlEnd::kRelay || !has(ControlEnd::kRelay));
}

grpc::Status WhyNotAdmitted(const grpc::AuthContext& peer, const ControlSecurity& security,
                            ControlEnd client) {
  if (IsOf(peer, security, client)) return grpc::Status::OK;
  return {grpc::StatusCode::PERMISSION_DENIED,
          absl::StrCat("this end takes nobody but ", std::string(IdentityOf(client)),
                       "; the certificate shown is not its")};
}

bool IsRefusal(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::PERMISSION_DENIED ||
      status.error_code() == grpc::StatusCode::UNAUTHENTICATED ||
      status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return true;
  }
  return Says(status, "certificate verify failed") || Says(status, "not in peer certificate") ||
         Says(status, "Hostname Verification") || Says(status, "wrong version number");
}

std::string WhyNoStream(const grpc::Status& status) {
  if (Says(status, "wrong version number")) {
    return "the other end talks plain text: give it --tls as well";
  }
  if (Says(status, "certificate verify failed")) {
    return "the certificate of the other end is not of our ca.crt, or has expired: both need files "
           "of one `weir certs`";
  }
  if (Says(status, "not in peer certificate") || Says(status, "Hostname Verification")) {
    return "the other end has a certificate of our ca.crt, but not that of its role";
  }
  return status.error_message();
}

}  // namespace weir
