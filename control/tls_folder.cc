#include "control/tls_folder.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "base/free_with.h"
#include "base/status.h"

namespace weir {
namespace {

using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Store = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

constexpr char kAdvice[] = "; `weir certs --out DIR` makes a new set";

absl::Status Wrong(const std::string& file, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", what, kAdvice));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

Bio Memory(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::vector<Certificate> ParseCertificates(const std::string& pem) {
  std::vector<Certificate> certificates;
  const Bio memory = Memory(pem);
  while (X509* certificate = PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  return certificates;
}

std::string TimeWords(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable time";
  char text[32];
  strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &parts);
  return text;
}

// Empty: the authority vouches for it at this time.
std::string WhyNotTrusted(const std::vector<Certificate>& chain,
                          const std::vector<Certificate>& authority, int64_t unix_s) {
  const Store store(X509_STORE_new());
  for (const Certificate& root : authority) X509_STORE_add_cert(store.get(), root.get());
  STACK_OF(X509)* between = sk_X509_new_null();
  for (size_t i = 1; i < chain.size(); ++i) sk_X509_push(between, chain[i].get());
  const StoreContext context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), between);
  X509_STORE_CTX_set_time(context.get(), 0, unix_s);
  const bool trusted = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  sk_X509_free(between);
  return trusted ? "" : X509_verify_cert_error_string(error);
}

absl::Status CheckCertificate(const std::string& file, const TlsFiles& files, ControlEnd end,
                              int64_t unix_s) {
  const std::vector<Certificate> chain = ParseCertificates(files.certificate);
  if (chain.empty()) return Wrong(file, "there is no certificate in it");
  X509* own = chain.front().get();
  time_t now = unix_s;
  if (X509_cmp_time(X509_get0_notAfter(own), &now) < 0) {
    return Wrong(file, absl::StrCat("expired on ", TimeWords(X509_get0_notAfter(own))));
  }
  if (X509_cmp_time(X509_get0_notBefore(own), &now) > 0) {
    return Wrong(file, absl::StrCat("is valid from ", TimeWords(X509_get0_notBefore(own)),
                                    " on only: is the clock of this machine right?"));
  }
  for (const ControlEnd role : {end, end == ControlEnd::kRelay ? ControlEnd::kCoordinator : end}) {
    const absl::string_view name = IdentityOf(role);
    if (X509_check_host(own, name.data(), name.size(), 0, nullptr) == 1) continue;
    return Wrong(file, absl::StrCat("is not for ", name, " (its subject alternative name)"));
  }
  const std::vector<Certificate> authority = ParseCertificates(files.authority);
  if (authority.empty()) return Wrong(file, "there is no certificate in the ca.crt beside it");
  const std::string why = WhyNotTrusted(chain, authority, unix_s);
  if (!why.empty()) {
    return Wrong(file, absl::StrCat("the ca.crt beside it does not vouch for it (", why, ")"));
  }
  const Bio memory = Memory(files.key);
  const Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
  if (key == nullptr || X509_check_private_key(own, key.get()) != 1) {
    return Wrong(file, "the key beside it is another's");
  }
  return absl::OkStatus();
}

}  // namespace

absl::string_view IdentityOf(ControlEnd end) {
  switch (end) {
    case ControlEnd::kAgent:
      return "weir-agent";
    case ControlEnd::kRelay:
      return "weir-relay";
    default:
      return "weir-coordinator";
  }
}

absl::StatusOr<TlsFiles> ReadTlsFolder(const std::string& folder, ControlEnd end, int64_t unix_s) {
  std::string own = folder + "/tls";
  if (!std::filesystem::exists(own + ".crt")) {
    own = absl::StrCat(folder, "/", absl::StripPrefix(IdentityOf(end), "weir-"));
  }
  TlsFiles files;
  WEIR_ASSIGN_OR_RETURN(files.authority, ReadFile(folder + "/ca.crt"));
  WEIR_ASSIGN_OR_RETURN(files.certificate, ReadFile(own + ".crt"));
  WEIR_ASSIGN_OR_RETURN(files.key, ReadFile(own + ".key"));
  WEIR_RETURN_IF_ERROR(CheckCertificate(own + ".crt", files, end, unix_s));
  return files;
}

}  // namespace weir
