// The certificate that an emulator shows to TLS clients: made here, for tests and laptops, or the
// user's own. OpenSSL is known in the .cc only. Any thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace weir::cosmos {

// Texts in PEM. The key is secret: it goes into no log and no message.
struct TlsIdentity {
  std::string certificate;
  std::string key;
};

// An identity with the authority that vouches for it. The authority's own key is thrown away: it
// signs this one certificate and no other.
struct MadeTlsIdentity {
  TlsIdentity identity;
  std::string authority;  // certificate, PEM: what clients are to trust
};

// For localhost, 127.0.0.1, ::1 and `host`, a name or a numeric address; good for 825 days.
absl::StatusOr<MadeTlsIdentity> MakeTlsIdentity(const std::string& host);

// The identity that lies in `folder` (ca.pem, certificate.pem, key.pem) when it is good for `host`
// today; a new one, written there, otherwise. The folder is made when missing. kInternal and the
// like name the file that could not be read or written.
absl::StatusOr<MadeTlsIdentity> LoadOrMakeTlsIdentity(const std::string& folder,
                                                      const std::string& host);

// kInvalidArgument when a file does not hold what it should or the two do not belong together.
absl::StatusOr<TlsIdentity> ReadTlsIdentity(const std::string& certificate_path,
                                            const std::string& key_path);

// "AB:CD:…", SHA-256 of the first certificate in the text; empty when there is none.
std::string TlsFingerprint(const std::string& certificate_pem);

}  // namespace weir::cosmos
