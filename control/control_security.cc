#include "control/control_security.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir {
namespace {

constexpr char kNoToken[] =
    ": give the run's join token, with --join-token-file FILE or in WEIR_JOIN_TOKEN; `weir certs "
    "--out DIR` makes one";

// There are no certificates by which to know who dials.
constexpr char kAnybody[] =
    ": whoever is on this machine could dial an agent that waits, and make it load what it has the "
    "secrets of (--insecure lets them)";

// The folder that `weir certs` writes holds the token as well.
absl::StatusOr<JoinToken> FindToken(const ControlSecurityOptions& options) {
  WEIR_ASSIGN_OR_RETURN(JoinToken token, ReadJoinToken(options.join_token_file));
  const std::string beside = options.tls + "/join-token";
  if (!token.none() || options.tls.empty() || !std::filesystem::exists(beside)) return token;
  return ReadJoinToken(beside);
}

absl::Status Refuse(const ControlAddress& address) {
  return absl::InvalidArgumentError(absl::StrCat(
      address.ToString(),
      " can be reached from other machines: give certificates with --tls DIR (`weir certs --out "
      "DIR` makes them), or talk in plain text with --insecure on both sides"));
}

}  // namespace

std::string ControlSecurity::Words() const {
  return absl::StrCat(tls       ? "mutual TLS"
                      : exposed ? "plain text over the network (--insecure)"
                                : "plain text on one machine",
                      token.none() ? ", no join token" : ", join token");
}

absl::StatusOr<ControlSecurity> ReadControlSecurity(const ControlSecurityOptions& options,
                                                    ControlEnd end,
                                                    const std::vector<ControlAddress>& addresses,
                                                    bool awaits, int64_t unix_s) {
  if (!options.tls.empty() && options.insecure) {
    return absl::InvalidArgumentError("--tls and --insecure contradict each other");
  }
  const auto far = std::find_if(addresses.begin(), addresses.end(),
                                [](const auto& address) { return !OnThisMachine(address); });
  ControlSecurity security;
  security.exposed = far != addresses.end();
  WEIR_ASSIGN_OR_RETURN(security.token, FindToken(options));
  if (security.token.ExpiredAt(unix_s)) {
    return absl::InvalidArgumentError(
        "the join token has expired; `weir certs --out DIR` makes a new one");
  }
  if (options.tls.empty()) {
    if (security.exposed && !options.insecure) return Refuse(*far);
  } else {
    WEIR_ASSIGN_OR_RETURN(security.tls, ReadTlsFolder(options.tls, end, unix_s));
  }
  // On this machine --insecure does without.
  const bool needed = security.tls || (awaits && (security.exposed || !options.insecure));
  if (needed && security.token.none()) {
    const ControlAddress& address = security.exposed ? *far : addresses.front();
    return absl::InvalidArgumentError(absl::StrCat(
        address.ToString(), security.exposed || security.tls ? "" : kAnybody, kNoToken));
  }
  return security;
}

}  // namespace weir
