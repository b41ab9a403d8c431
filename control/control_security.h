// How the control stream is protected (R53): mutual TLS and a join token, or plain text where only
// this machine can be at the other end, or where the user insists.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control/control_address.h"
#include "control/join_token.h"
#include "control/tls_folder.h"

namespace weir {

struct ControlSecurityOptions {  // as on the command line
  std::string tls;               // --tls DIR
  std::string join_token_file;   // --join-token-file FILE; else WEIR_JOIN_TOKEN
  bool insecure = false;         // --insecure
};

struct ControlSecurity {
  std::optional<TlsFiles> tls;  // none: plain text
  JoinToken token;
  bool exposed = false;  // other machines can be at the other end

  // For RunResult.control_security: "mutual TLS, join token".
  std::string Words() const;
};

// Reads certificates and token and applies the rule: off this machine there is TLS with a token, or
// --insecure. An agent that waits to be dialled (`awaits`) demands a token there in any case:
// whoever dials it can make it load any database that it has the secrets of. On this machine too,
// where other users are, but for --insecure.
absl::StatusOr<ControlSecurity> ReadControlSecurity(const ControlSecurityOptions& options,
                                                    ControlEnd end,
                                                    const std::vector<ControlAddress>& addresses,
                                                    bool awaits, int64_t unix_s);

}  // namespace weir
