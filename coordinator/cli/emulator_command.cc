#include "coordinator/cli/emulator_command.h"

#include <stdlib.h>

#include <CLI/CLI.hpp>
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
#include "backends/cosmos/wire/signature.h"
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
  WEIR_ASSIGN_OR_RETURN(const SecretText key, ReadSecret(*reference, "--key"));
  options.key = key.Reveal();
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

absl::Status Serve(const EmulatorCommandOptions& given) {
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

void AddEmulatorOptions(CLI::App* command, EmulatorCommandOptions* options) {
  command->add_option("--listen", options->listen, "Address; port 0 takes any that is free")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  command
      ->add_option("--throughput", options->throughput,
                   "RU/s of containers created without a throughput")
      ->check(CLI::Range(400, 1000000))
      ->capture_default_str()
      ->type_name("RU");
  command
      ->add_option(
          "--key", options->key,
          "Account key as ${env:NAME} or ${file:PATH}; the well-known emulator key without")
      ->type_name("REFERENCE");
  command->add_flag("!--no-throttle", options->throttle, "Charge, but never answer 429");
  command->add_flag("--serverless", options->serverless,
                    "A serverless account: no offers, 5,000 RU/s for each container");
  command->add_flag("--burst", options->burst,
                    "Burst capacity: small partitions save what they do not spend");
  command->add_flag("--admin", options->admin,
                    "Answer unsigned requests below /_weir: faults, splits, partition state");
  command->add_option("--charges", options->charges, "Coefficients of the charge model")
      ->type_name("FILE.yaml");
  command
      ->add_option("--explain", options->explain,
                   "Write how each charge came about, a line per request; to a file if named")
      ->expected(0, 1)
      ->default_str("-")
      ->type_name("FILE");
  command
      ->add_option("--data", options->data_folder,
                   "Keep everything acknowledged here, for the next start; in memory without")
      ->type_name("DIR");
  command->add_flag("--tls", options->tls,
                    "Serve https:// with a certificate made for it; prints what to trust");
  command
      ->add_option("--tls-dir", options->tls_folder,
                   "Keep that certificate here and use it again; implies --tls")
      ->type_name("DIR");
  command->add_option("--tls-certificate", options->tls_certificate, "Serve https:// with this")
      ->type_name("FILE");
  command->add_option("--tls-key", options->tls_key, "Its private key, PEM without passphrase")
      ->type_name("FILE");
  const absl::string_view known_key(cosmos::kWellKnownEmulatorKey.data(),
                                    cosmos::kWellKnownEmulatorKey.size());
  command->footer(absl::StrCat(
      "Without --key clients sign with the key that Microsoft publishes for its emulator:\n  ",
      known_key,
      "\n\n"
      "Request units are modelled from published measurements; they are not Azure's meter.\n"
      "Stops at Ctrl-C or SIGTERM.\n\n"
      "Examples:\n"
      "  weir cosmos-emulator\n"
      "  weir cosmos-emulator --listen 127.0.0.1:0 --key '${env:COSMOS_KEY}'"));
}

ExitCode EmulatorCommand(const EmulatorCommandOptions& options) {
  const absl::Status status = Serve(options);
  if (status.ok()) return kExitValid;
  std::fprintf(stderr, "weir cosmos-emulator: %s\n", std::string(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailure;
}

}  // namespace weir
