#include "backends/cosmos/emulator/tls_identity.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/free_with.h"
#include "base/status.h"

namespace weir::cosmos {
namespace {

constexpr long kDaysGood = 825;  // the most that browsers accept
constexpr long kSecondsPerDay = 24 * 3600;

using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;

bool IsNumeric(const std::string& host) {
  unsigned char address[16];
  return inet_pton(AF_INET, host.c_str(), address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address) == 1;
}

std::string TextOf(BIO* bio) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

std::string Pem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return TextOf(bio.get());
}

std::string Pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(bio.get());
}

Certificate ReadCertificate(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

Key ReadKey(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

bool Extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// All but extensions and signature.
Certificate Begin(EVP_PKEY* key, const char* name) {
  Certificate made(X509_new());
  X509_set_version(made.get(), 2);
  unsigned char serial[16];
  RAND_bytes(serial, sizeof(serial));
  serial[0] &= 0x7F;
  BIGNUM* number = BN_bin2bn(serial, sizeof(serial), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made.get()));
  BN_free(number);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);  // for clocks that are behind
  X509_gmtime_adj(X509_getm_notAfter(made.get()), kDaysGood * kSecondsPerDay);
  X509_set_pubkey(made.get(), key);
  X509_NAME* subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("Weir"), -1, -1, 0);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return made;
}

std::string AlternativeNames(const std::string& host) {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  const bool any = host.empty() || host == "0.0.0.0" || host == "::";
  if (any || host == "localhost" || host == "127.0.0.1" || host == "::1") return names;
  return absl::StrCat(names, IsNumeric(host) ? ",IP:" : ",DNS:", host);
}

bool IsGoodFor(const MadeTlsIdentity& made, const std::string& host) {
  const Certificate certificate = ReadCertificate(made.identity.certificate);
  const Certificate authority = ReadCertificate(made.authority);
  const Key key = ReadKey(made.identity.key);
  if (!certificate || !authority || !key) return false;
  if (X509_check_private_key(certificate.get(), key.get()) != 1) return false;
  if (X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) != 1) return false;
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) <= 0) return false;
  if (host.empty() || host == "0.0.0.0" || host == "::") return true;
  return (IsNumeric(host) ? X509_check_ip_asc(certificate.get(), host.c_str(), 0)
                          : X509_check_host(certificate.get(), host.c_str(), 0, 0, nullptr)) == 1;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file.good()) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return std::move(text).str();
}

absl::Status WriteFile(const std::string& path, const std::string& text, mode_t mode) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  const bool written =
      fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  if (fd >= 0) close(fd);
  if (written) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("cannot write ", path, ": ", strerror(error)));
}

}  // namespace

absl::StatusOr<MadeTlsIdentity> MakeTlsIdentity(const std::string& host) {
  const Key authority_key(EVP_EC_gen("P-256"));
  const Key key(EVP_EC_gen("P-256"));
  if (!authority_key || !key) return absl::InternalError("OpenSSL cannot make a P-256 key");
  const Certificate authority = Begin(authority_key.get(), "Weir Cosmos DB emulator, authority");
  const Certificate server = Begin(key.get(), "Weir Cosmos DB emulator");
  X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get()));
  X509_set_issuer_name(server.get(), X509_get_subject_name(authority.get()));
  X509* const ca = authority.get();
  X509* const leaf = server.get();
  const bool extended = Extend(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                        Extend(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                        Extend(ca, ca, NID_subject_key_identifier, "hash") &&
                        Extend(leaf, ca, NID_basic_constraints, "critical,CA:FALSE") &&
                        Extend(leaf, ca, NID_key_usage, "critical,digitalSignature") &&
                        Extend(leaf, ca, NID_ext_key_usage, "serverAuth") &&
                        Extend(leaf, ca, NID_subject_key_identifier, "hash") &&
                        Extend(leaf, ca, NID_authority_key_identifier, "keyid") &&
                        Extend(leaf, ca, NID_subject_alt_name, AlternativeNames(host));
  if (!extended) {
    return absl::InvalidArgumentError(
        absl::StrCat("no certificate can be made for the host ", host));
  }
  if (X509_sign(ca, authority_key.get(), EVP_sha256()) == 0 ||
      X509_sign(leaf, authority_key.get(), EVP_sha256()) == 0) {
    return absl::InternalError("OpenSSL cannot sign the certificate");
  }
  return MadeTlsIdentity{{Pem(leaf), Pem(key.get())}, Pem(ca)};
}

absl::StatusOr<MadeTlsIdentity> LoadOrMakeTlsIdentity(const std::string& folder,
                                                      const std::string& host) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::InternalError(absl::StrCat("cannot make ", folder, ": ", error.message()));
  }
  const std::string authority = absl::StrCat(folder, "/ca.pem");
  const std::string certificate = absl::StrCat(folder, "/certificate.pem");
  const std::string key = absl::StrCat(folder, "/key.pem");
  const auto old_authority = ReadFile(authority);
  const auto old_certificate = ReadFile(certificate);
  const auto old_key = ReadFile(key);
  if (old_authority.ok() && old_certificate.ok() && old_key.ok()) {
    MadeTlsIdentity old{{*old_certificate, *old_key}, *old_authority};
    if (IsGoodFor(old, host)) return old;
  }
  WEIR_ASSIGN_OR_RETURN(MadeTlsIdentity made, MakeTlsIdentity(host));
  WEIR_RETURN_IF_ERROR(WriteFile(key, made.identity.key, 0600));
  WEIR_RETURN_IF_ERROR(WriteFile(certificate, made.identity.certificate, 0644));
  WEIR_RETURN_IF_ERROR(WriteFile(authority, made.authority, 0644));
  return made;
}

absl::StatusOr<TlsIdentity> ReadTlsIdentity(const std::string& certificate_path,
                                            const std::string& key_path) {
  TlsIdentity identity;
  WEIR_ASSIGN_OR_RETURN(identity.certificate, ReadFile(certificate_path));
  WEIR_ASSIGN_OR_RETURN(identity.key, ReadFile(key_path));
  const Certificate certificate = ReadCertificate(identity.certificate);
  if (!certificate) {
    return absl::InvalidArgumentError(
        absl::StrCat(certificate_path, " does not begin with a certificate in PEM"));
  }
  const Key key = ReadKey(identity.key);
  if (!key) {
    return absl::InvalidArgumentError(
        absl::StrCat(key_path, " does not hold a private key in PEM without a passphrase"));
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(key_path, " is not the key of the certificate in ", certificate_path));
  }
  return identity;
}

std::string TlsFingerprint(const std::string& certificate_pem) {
  const Certificate certificate = ReadCertificate(certificate_pem);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!certificate || X509_digest(certificate.get(), EVP_sha256(), digest, &size) != 1) return "";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    absl::StrAppendFormat(&text, "%s%02X", i > 0 ? ":" : "", digest[i]);
  }
  return text;
}

}  // namespace weir::cosmos
