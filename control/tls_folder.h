// Certificates of the control stream as they lie on disk, read and checked before anything is
// dialled: a certificate that has expired, of another authority or for the other end is told at
// once, with the name of its file.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weir {

enum class ControlEnd : uint8_t { kCoordinator, kAgent, kRelay };

// The DNS name in the certificate of that end, whatever its address: "weir-coordinator",
// "weir-agent", "weir-relay". A relay's has the coordinator's name as well: that is what it is to
// its agents.
absl::string_view IdentityOf(ControlEnd end);

struct TlsFiles {  // PEM
  std::string authority;
  std::string certificate;  // with those between it and the authority, if there are any
  std::string key;
};

// From a folder with ca.crt and either tls.crt and tls.key, as Kubernetes mounts a TLS secret, or
// coordinator.crt and .key, agent.crt and .key, relay.crt and .key, as `weir certs` writes them.
absl::StatusOr<TlsFiles> ReadTlsFolder(const std::string& folder, ControlEnd end, int64_t unix_s);

}  // namespace weir
