#include "coordinator/cli/calibrate_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "backends/cosmos/calibration/charge_fit.h"
#include "backends/cosmos/calibration/measurement.h"
#include "base/clock.h"
#include "base/loopback.h"
#include "base/status.h"
#include "coordinator/charges_file.h"
#include "coordinator/cli/charges_command.h"
#include "coordinator/quantity.h"

namespace weir {
namespace {

// What the point set used on an emulator, rounded up: to say what it will cost, not to limit it.
constexpr int kUsualRu = 8000;

volatile std::sig_atomic_t interrupted = 0;

void OnInterrupt(int) { interrupted = 1; }

void StopAtInterrupt() {
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second one ends the program
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

// "account.documents.azure.com" of an endpoint; without port and path.
std::string HostOfEndpoint(const std::string& endpoint) {
  const size_t start = endpoint.find("://") == std::string::npos ? 0 : endpoint.find("://") + 3;
  if (start < endpoint.size() && endpoint[start] == '[') {
    return endpoint.substr(start, endpoint.find(']', start) + 1 - start);
  }
  return endpoint.substr(start, endpoint.find_first_of(":/", start) - start);
}

std::string Today() {
  const std::time_t now = WallUnixNs() / kNsPerSecond;
  std::tm utc = {};
  gmtime_r(&now, &utc);
  char text[16];
  std::strftime(text, sizeof(text), "%Y-%m-%d", &utc);
  return text;
}

void SayWhatItWillDo(const CalibrateOptions& options, const std::string& database) {
  std::printf(
      "weir cosmos calibrate will, on %s:\n"
      "  - use the database %s, which it %s, and create three containers in it, one after the "
      "other,\n    %s; %s\n"
      "  - send some hundred requests one at a time: items up to 0.1 MB, queries, feeds, refusals\n"
      "  - use about %d RU, and stop when it has used %.0f RU\n"
      "What that costs depends on the account's price: provisioned throughput is billed by the "
      "hour\n"
      "for each container, used or not; serverless accounts are billed by the RU.\n",
      HostOfEndpoint(options.endpoint).c_str(), database.c_str(),
      options.keep               ? "creates if it is not there and keeps"
      : options.database.empty() ? "creates and removes"
                                 : "creates and removes if it is not there",
      options.throughput > 0 ? absl::StrCat("of ", options.throughput, " RU/s each").c_str()
                             : "without a throughput of their own",
      options.keep ? "they stay" : "each is removed when it has been measured, also after Ctrl-C",
      kUsualRu, options.most_ru);
}

bool Agrees() {
  if (isatty(STDIN_FILENO) == 0) {
    std::fprintf(stderr, "nobody is there to be asked; say --yes to go on\n");
    return false;
  }
  std::printf("Go on? [y/N] ");
  std::fflush(stdout);
  const int answer = std::getchar();
  return answer == 'y' || answer == 'Y';
}

void PrintChanges(const cosmos::ChargeFit& fit) {
  std::printf("\n%-26s %10s %10s   %s\n", "coefficient", "before", "now", "");
  for (const cosmos::FittedCoefficient& each : fit.changes) {
    const std::string name(each.name);
    if (!each.determined) {
      std::printf("%-26s %10.4f %10s   not determined: kept\n", name.c_str(), each.before, "");
      continue;
    }
    const std::string error =
        each.error > 0 ? absl::StrFormat("± %.4f", each.error) : std::string();
    std::printf("%-26s %10.4f %10.4f   %s\n", name.c_str(), each.before, each.after, error.c_str());
  }
  std::printf("\n%-18s %8s %14s %13s %13s\n", "requests", "charges", "median error", "worst error",
              "worst");
  for (const cosmos::KindFit& kind : fit.kinds) {
    std::printf("%-18s %8d %12.2f %% %11.2f %% %10.2f RU\n", NameOf(kind.what), kind.observations,
                100 * kind.median_error, 100 * kind.worst_error, kind.worst_ru);
  }
}

absl::Status Calibrate(const CalibrateOptions& given) {
  const std::string refusal = RefuseEndpoint(given.endpoint, given.confirmed);
  if (!refusal.empty()) return absl::InvalidArgumentError(refusal);
  cosmos::MeasurementOptions options;
  const absl::StatusOr<v1::Secret> key = ParseSecret(given.key);
  if (!key.ok()) {
    return absl::InvalidArgumentError("--key: refer to it as ${env:NAME} or ${file:PATH}");
  }
  cosmos::ChargeCoefficients before;
  if (!given.charges.empty()) {
    WEIR_ASSIGN_OR_RETURN(const v1::Charges charges, ReadAndReportCharges(given.charges));
    before = CoefficientsOf(charges);
  }
  options.endpoint = given.endpoint;
  options.key = *key;
  options.tls_root_certificate = given.tls_root_certificate;
  options.database = given.database.empty()
                         ? absl::StrCat("weir-calibration-", WallUnixNs() / kNsPerMs)
                         : given.database;
  options.throughput = given.throughput;
  options.keep = given.keep;
  options.limits = {given.most_ru, [] { return interrupted != 0; }};
  options.tell = [](std::string_view line) {
    std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
    std::fflush(stdout);
  };
  SayWhatItWillDo(given, options.database);
  if (!given.yes && !Agrees()) return absl::CancelledError("nothing was done");
  StopAtInterrupt();
  WEIR_ASSIGN_OR_RETURN(const cosmos::Measurement measured, cosmos::MeasureCharges(options));

  const cosmos::ChargeFit fit = cosmos::FitCharges(measured.results.observations, before);
  PrintChanges(fit);
  for (const std::string& missing : measured.results.not_measured) {
    std::printf("not measured: %s\n", missing.c_str());
  }
  v1::Charges charges = ChargesOf(fit.coefficients);
  charges.mutable_calibrated()->set_date(Today());
  charges.mutable_calibrated()->set_account(absl::StrCat(
      measured.modelled ? "an emulator" : "an Azure account", ", ",
      given.throughput > 0 ? absl::StrCat(given.throughput, " RU/s") : "serverless or shared"));
  WEIR_RETURN_IF_ERROR(WriteChargesFile(charges, given.out));
  std::printf("\n%d requests used %.0f RU. Written: %s\n", measured.requests, measured.ru,
              given.out.c_str());
  if (measured.modelled) {
    std::printf("The charges came from an emulator's model, not from Azure's meter.\n");
  }
  return absl::OkStatus();
}

}  // namespace

void AddCalibrateOptions(CLI::App* command, CalibrateOptions* options) {
  command->add_option("--endpoint", options->endpoint, "The account's URI")
      ->envname("COSMOS_ENDPOINT")
      ->required()
      ->type_name("URL");
  command->add_option("--key", options->key, "Account key as ${env:NAME} or ${file:PATH}")
      ->required()
      ->type_name("REFERENCE");
  command->add_option("--out", options->out, "Settings file to write")
      ->required()
      ->type_name("FILE.yaml");
  command->add_option("--charges", options->charges, "Settings to begin with; else defaults")
      ->type_name("FILE.yaml");
  command->add_option("--database", options->database, "Use this one; else one of its own")
      ->type_name("NAME");
  command
      ->add_option("--throughput", options->throughput,
                   "RU/s of each container; 0: none of its own, as serverless accounts need")
      ->capture_default_str()
      ->type_name("RU");
  command->add_option("--most-ru", options->most_ru, "Stop when so many RU are used")
      ->capture_default_str()
      ->type_name("RU");
  command
      ->add_option("--tls-root-certificate", options->tls_root_certificate,
                   "File with the authorities to trust")
      ->type_name("FILE");
  command->add_flag("--keep", options->keep, "Leave the containers where they are");
  command->add_flag("--yes", options->yes, "Do not ask before it begins");
  command
      ->add_option("--confirm", options->confirmed,
                   "Host of the account; needed when it is not on this machine")
      ->type_name("HOST");
  command->footer(
      "Says beforehand what it will do; removes what it made, also after Ctrl-C.\n\n"
      "Example:\n"
      "  weir cosmos calibrate --endpoint https://account.documents.azure.com:443/ \\\n"
      "      --key '${env:COSMOS_KEY}' --out charges.yaml --confirm=account.documents.azure.com");
}

std::string RefuseEndpoint(const std::string& endpoint, const std::string& confirmed) {
  if (!endpoint.starts_with("http://") && !endpoint.starts_with("https://")) {
    return "--endpoint: expected an http or https URL";
  }
  const std::string host = HostOfEndpoint(endpoint);
  if ((!host.empty() && IsLoopback(host)) || host == confirmed) return "";
  if (confirmed.empty()) {
    return absl::StrCat(host, " is not on this machine: it may be a real account, and this writes ",
                        "to it. If that is meant, say --confirm=", host);
  }
  return absl::StrCat("--confirm names ", confirmed, ", but the endpoint is ", host);
}

ExitCode CalibrateCommand(const CalibrateOptions& options) {
  const absl::Status status = Calibrate(options);
  if (status.ok()) return kExitValid;
  std::fprintf(stderr, "weir cosmos calibrate: %s\n", std::string(status.message()).c_str());
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    case absl::StatusCode::kCancelled:
      return interrupted != 0 ? kExitInterrupted : kExitUsage;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kExitTarget;
    default:
      return kExitFailure;
  }
}

}  // namespace weir
