#include "coordinator/cli/emulator_command.h"

#include <csignal>
#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/emulator.h"
#include "backends/secret.h"
#include "base/status.h"
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
  if (given.key.empty()) return options;
  const absl::StatusOr<v1::Secret> reference = ParseSecret(given.key);
  if (!reference.ok())
    return absl::InvalidArgumentError("--key: refer to it as ${env:NAME} or ${file:PATH}");
  WEIR_ASSIGN_OR_RETURN(options.key, ReadSecret(*reference, "--key"));
  return options;
}

absl::Status Serve(const EmulatorCommandOptions& given) {
  WEIR_ASSIGN_OR_RETURN(const cosmos::EmulatorOptions options, ReadOptions(given));
  sigset_t stopping;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGINT);
  sigaddset(&stopping, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stopping, nullptr);  // before there are threads, which inherit it
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<cosmos::Emulator> emulator,
                        cosmos::Emulator::Start(options));
  std::printf("%s\n", emulator->Banner().c_str());
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
