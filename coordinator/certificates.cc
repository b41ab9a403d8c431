#include "coordinator/certificates.h"

#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "control/join_token.h"
#include "control/tls_folder.h"

#include "base/free_with.h"
#include "base/status.h"

namespace weir {
namespace {

constexpr int64_t kClockDifferenceS = 3600;
constexpr int kSerialBytes = 16;  // RFC 5280: at most 20

using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;

struct Signed {
  Certificate certificate;
  Key key;
};

absl::Status Failed(absl::string_view what) {
  char words[256];
  ERR_error_string_n(ERR_get_error(), words, sizeof(words));
  return absl::InternalError(absl::StrCat("OpenSSL could not ", what, ": ", words));
}

bool AddExtension(X509* certificate, X509* authority, int which, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, authority, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool SetSerial(X509* certificate) {
  unsigned char bytes[kSerialBytes];
  if (RAND_bytes(bytes, kSerialBytes) != 1) return false;
  bytes[0] &= 0x7f;  // positive
  const Number number(BN_bin2bn(bytes, kSerialBytes, nullptr));
  return BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetName(X509_NAME* name, absl::string_view text) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

// Everything but extensions and signature.
absl::StatusOr<Signed> Begin(absl::string_view name, int64_t from_unix_s, int64_t until_unix_s) {
  Signed made{Certificate(X509_new()), Key(EVP_EC_gen("P-256"))};
  X509* certificate = made.certificate.get();
  if (made.key == nullptr) return Failed("make a key");
  const bool ok = X509_set_version(certificate, X509_VERSION_3) == 1 && SetSerial(certificate) &&
                  ASN1_TIME_set(X509_getm_notBefore(certificate), from_unix_s) != nullptr &&
                  ASN1_TIME_set(X509_getm_notAfter(certificate), until_unix_s) != nullptr &&
                  X509_set_pubkey(certificate, made.key.get()) == 1 &&
                  SetName(X509_get_subject_name(certificate), name);
  if (!ok) return Failed("make a certificate");
  return made;
}

absl::Status Sign(X509* certificate, X509* authority, EVP_PKEY* key) {
  const bool ok =
      X509_set_issuer_name(certificate, X509_get_subject_name(authority)) == 1 &&
      AddExtension(certificate, authority, NID_subject_key_identifier, "hash") &&
      (certificate == authority ||
       AddExtension(certificate, authority, NID_authority_key_identifier, "keyid:always")) &&
      X509_sign(certificate, key, EVP_sha256()) != 0;
  return ok ? absl::OkStatus() : Failed("sign a certificate");
}

absl::StatusOr<Signed> MakeAuthority(int64_t from_unix_s, int64_t until_unix_s) {
  WEIR_ASSIGN_OR_RETURN(Signed made, Begin("Weir, one run", from_unix_s, until_unix_s));
  X509* certificate = made.certificate.get();
  if (!AddExtension(certificate, certificate, NID_basic_constraints,
                    "critical,CA:TRUE,pathlen:0") ||
      !AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign")) {
    return Failed("describe the authority");
  }
  WEIR_RETURN_IF_ERROR(Sign(certificate, certificate, made.key.get()));
  return made;
}

// Agents serve where they wait to be dialled, and the coordinator dials them there: both usages.
absl::StatusOr<Signed> MakeLeaf(ControlEnd end, const Signed& authority, int64_t from_unix_s,
                                int64_t until_unix_s) {
  const std::string name(IdentityOf(end));
  // A relay is the coordinator of its agents.
  const std::string also =
      end == ControlEnd::kRelay
          ? absl::StrCat(",DNS:", std::string(IdentityOf(ControlEnd::kCoordinator)))
          : "";
  WEIR_ASSIGN_OR_RETURN(Signed made, Begin(name, from_unix_s, until_unix_s));
  X509* certificate = made.certificate.get();
  X509* issuer = authority.certificate.get();
  const bool ok = AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                  AddExtension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
                  AddExtension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
                  AddExtension(certificate, issuer, NID_subject_alt_name, "DNS:" + name + also);
  if (!ok) return Failed("describe a certificate");
  WEIR_RETURN_IF_ERROR(Sign(certificate, issuer, authority.key.get()));
  return made;
}

std::string TextOf(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  return {bytes, static_cast<size_t>(size)};
}

std::string PemOf(X509* certificate) {
  const Bio memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  return TextOf(memory.get());
}

MintedCertificate PemOf(const Signed& made) {
  const Bio memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(memory.get(), made.key.get(), nullptr, nullptr, 0, nullptr,
                                nullptr);
  return {PemOf(made.certificate.get()), TextOf(memory.get())};
}

absl::Status WriteSecret(const std::string& path, const std::string& text) {
  const auto failed = [&path] {
    return absl::InternalError(absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
  };
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failed();
  const ssize_t written = write(file, text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  close(file);
  if (!whole || rename(fresh.c_str(), path.c_str()) != 0) return failed();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CertificateSet> MintCertificates(int64_t seconds, int64_t unix_s) {
  const int64_t from = unix_s - kClockDifferenceS;
  const int64_t until = unix_s + seconds;
  WEIR_ASSIGN_OR_RETURN(const Signed authority, MakeAuthority(from, until));
  WEIR_ASSIGN_OR_RETURN(const Signed coordinator,
                        MakeLeaf(ControlEnd::kCoordinator, authority, from, until));
  WEIR_ASSIGN_OR_RETURN(const Signed agent, MakeLeaf(ControlEnd::kAgent, authority, from, until));
  WEIR_ASSIGN_OR_RETURN(const Signed relay, MakeLeaf(ControlEnd::kRelay, authority, from, until));
  return CertificateSet{.authority = PemOf(authority.certificate.get()),
                        .coordinator = PemOf(coordinator),
                        .agent = PemOf(agent),
                        .relay = PemOf(relay),
                        .join_token = JoinToken::Make(until).Reveal()};
}

absl::Status WriteCertificates(const CertificateSet& set, const std::string& folder) {
  std::error_code error;
  if (std::filesystem::create_directories(folder, error)) chmod(folder.c_str(), 0700);
  if (error) {
    return absl::InternalError(absl::StrCat("cannot make ", folder, ": ", error.message()));
  }
  const std::pair<const char*, const std::string&> files[] = {
      {"ca.crt", set.authority},
      {"coordinator.crt", set.coordinator.certificate},
      {"coordinator.key", set.coordinator.key},
      {"agent.crt", set.agent.certificate},
      {"agent.key", set.agent.key},
      {"relay.crt", set.relay.certificate},
      {"relay.key", set.relay.key},
      {"join-token", set.join_token},
  };
  for (const auto& [name, text] : files) {
    WEIR_RETURN_IF_ERROR(WriteSecret(absl::StrCat(folder, "/", name), text));
  }
  return absl::OkStatus();
}

}  // namespace weir
