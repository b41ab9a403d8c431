#include "coordinator/cli/emulator_command.h"

#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/emulator.h"
#include "backends/secret.h"
#include "base/status.h"
#include "coordinator/cli/charges_command.h"
#include "coordinator/quantity.h"

namespace weir {
namespace {

absl::Status ReadListen(const std::string& listen, cosmos::EmulatorOptions* options) {
  const size_t colon = listen.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(listen.substr(colon + 1), &port) ||
      port > 65535) {
    return absl::InvalidArgumentError("--listen: expected HOST:PORT, such as 127.0.0.1:8081");
  }
  options->host = listen.substr(0, colon);
  options->port = static_cast<uint16_t>(port);
  return absl::OkStatus();
}

absl::StatusOr<cosmos::EmulatorOptions> ReadOptions(const EmulatorCommandOptions& given) {
  cosmos::EmulatorOptions options;
  WEIR_RETURN_IF_ERROR(ReadListen(given.listen, &options));
  options.default_throughput = given.throughput;
  options.throttle = given.throttle;
  options.serverless = given.serverless;
  options.burst = given.burst;
  options.admin = given.admin;
  if (!given.charges.empty()) {
    WEIR_ASSIGN_OR_RETURN(const v1::Charges charges, ReadAndReportCharges(given.charges));
    options.coefficients = CoefficientsOf(charges);
    options.charge_basis = ChargeBasisOf(charges);
  }
  options.data_folder = given.data_folder;
  if (given.key.empty()) return options;
  const absl::StatusOr<v1::Secret> reference = ParseSecret(given.key);
  if (!reference.ok())
    return absl::InvalidArgumentError("--key: refer to it as ${env:NAME} or ${file:PATH}");
  WEIR_ASSIGN_OR_RETURN(options.key, ReadSecret(*reference, "--key"));
  return options;
}

// A file that takes one line per request; closed when the emulator has stopped.
class Explanations {
 public:
  Explanations() = default;
  Explanations(const Explanations&) = delete;
  Explanations& operator=(const Explanations&) = delete;
  ~Explanations() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  }

  absl::Status Open(const std::string& path, cosmos::EmulatorOptions* options) {
    if (path.empty()) return absl::OkStatus();
    file_ = path == "-" ? stdout : std::fopen(path.c_str(), "ae");
    if (file_ == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("--explain: cannot write ", path, ": ", std::strerror(errno)));
    }
    setvbuf(file_, nullptr, _IOLBF, 0);
    options->explain = [this](std::string_view line) {
      std::fprintf(file_, "%.*s\n", static_cast<int>(line.size()), line.data());
    };
    return absl::OkStatus();
  }

 private:
  std::FILE* file_ = nullptr;
};

// The file of the authority to trust, when the emulator makes its own certificate; removed with it.
class AuthorityFile {
 public:
  AuthorityFile() = default;
  AuthorityFile(const AuthorityFile&) = delete;
  AuthorityFile& operator=(const AuthorityFile&) = delete;
  ~AuthorityFile() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  // In a new folder that only this user can write to.
  absl::StatusOr<std::string> Write(const std::string& pem) {
    std::string name = std::filesystem::temp_directory_path() / "weir-cosmos-emulator-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
      return absl::InternalError(absl::StrCat("cannot make ", name, ": ", strerror(errno)));
    }
    folder_ = name;
    std::ofstream file(folder_ + "/ca.pem");
    if (!(file << pem).flush()) return absl::InternalError("cannot write " + folder_ + "/ca.pem");
    return folder_ + "/ca.pem";
  }

 private:
  std::string folder_;
};

// Sets options->tls. Returns what the user has to know to connect; empty without TLS.
absl::StatusOr<std::string> PrepareTls(const EmulatorCommandOptions& given,
                                       cosmos::EmulatorOptions* options, AuthorityFile* authority) {
  if (given.tls_certificate.empty() != given.tls_key.empty()) {
    return absl::InvalidArgumentError("--tls-certificate and --tls-key go together");
  }
  if (!given.tls_certificate.empty()) {
    WEIR_ASSIGN_OR_RETURN(options->tls,
                          cosmos::ReadTlsIdentity(given.tls_certificate, given.tls_key));
    return absl::StrCat("TLS with the certificate in ", given.tls_certificate, ", SHA-256 ",
                        cosmos::TlsFingerprint(options->tls.certificate));
  }
  if (!given.tls && given.tls_folder.empty()) return "";
  std::string path = given.tls_folder + "/ca.pem";
  cosmos::MadeTlsIdentity made;
  if (given.tls_folder.empty()) {
    WEIR_ASSIGN_OR_RETURN(made, cosmos::MakeTlsIdentity(options->host));
    WEIR_ASSIGN_OR_RETURN(path, authority->Write(made.authority));
  } else {
    WEIR_ASSIGN_OR_RETURN(made, cosmos::LoadOrMakeTlsIdentity(given.tls_folder, options->host));
  }
  options->tls = made.identity;
  return absl::StrCat("TLS: clients have to trust ", path, ", SHA-256 ",
                      cosmos::TlsFingerprint(made.authority),
                      "\n  Weir: tls_root_certificate; Node.js: NODE_EXTRA_CA_CERTS; "
                      "Python: REQUESTS_CA_BUNDLE; curl: --cacert");
}

// Each connection takes a descriptor, and shells often allow 1,024.
void AllowManyConnections() {
  constexpr rlim_t kWanted = 16'384;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kWanted) return;
  limit.rlim_cur = std::min(kWanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);  // with fewer, further connections wait
}

absl::Status Serve(const EmulatorCommandOptions& given) {
  AllowManyConnections();
  WEIR_ASSIGN_OR_RETURN(cosmos::EmulatorOptions options, ReadOptions(given));
  AuthorityFile authority;
  WEIR_ASSIGN_OR_RETURN(const std::string tls, PrepareTls(given, &options, &authority));
  Explanations explanations;
  WEIR_RETURN_IF_ERROR(explanations.Open(given.explain, &options));
  sigset_t stopping;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGINT);
  sigaddset(&stopping, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stopping, nullptr);  // before there are threads, which inherit it
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<cosmos::Emulator> emulator,
                        cosmos::Emulator::Start(options));
  std::printf("%s\n", emulator->Banner().c_str());
  if (!tls.empty()) std::printf("%s\n", tls.c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stopping, &signal);
  emulator->Stop();
  return absl::OkStatus();
}

}  // namespace

ExitCode EmulatorCommand(const EmulatorCommandOptions& options) {
  const absl::Status status = Serve(options);
  if (status.ok()) return kExitValid;
  std::fprintf(stderr, "weir cosmos-emulator: %s\n", std::string(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailure;
}

}  // namespace weir
