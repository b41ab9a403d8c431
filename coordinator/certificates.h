// Certificates for the control stream of one run (R53): an authority that exists for this set only,
// whose key is thrown away, one certificate for the coordinator, one for all agents, one for all
// relays, and a join token. ECDSA on P-256; X.509 by RFC 5280.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weir {

struct MintedCertificate {  // PEM
  std::string certificate;
  std::string key;
};

struct CertificateSet {
  std::string authority;  // PEM
  MintedCertificate coordinator;
  MintedCertificate agent;
  MintedCertificate relay;
  std::string join_token;  // expires with the certificates
};

// Valid from an hour before `unix_s`, for clocks that are behind, until `seconds` after it.
absl::StatusOr<CertificateSet> MintCertificates(int64_t seconds, int64_t unix_s);

// ca.crt, coordinator.crt and .key, agent.crt and .key, relay.crt and .key, join-token, all of mode
// 0600; makes the folder with 0700 where it is not there. Replaces a set that is.
absl::Status WriteCertificates(const CertificateSet& set, const std::string& folder);

}  // namespace weir
