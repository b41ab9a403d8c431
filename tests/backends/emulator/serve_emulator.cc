// Serves an emulator until its standard input ends, for tests in other languages. Prints its
// endpoint. Arguments: [throughput] [port] [--serverless] [--burst] [--split-delay-ms MS]
// [--partition-bytes BYTES] [--throughput-per-partition RU] [--tls-dir DIR] [--data DIR]
// [--compact-after BYTES].
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "backends/cosmos/emulator/emulator.h"
#include "base/status.h"

namespace {

absl::StatusOr<weir::cosmos::EmulatorOptions> Read(const std::vector<std::string>& arguments) {
  weir::cosmos::EmulatorOptions options;
  options.admin = true;
  int numbers = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto number = [&] { return std::atoll(arguments.at(++i).c_str()); };
    if (arguments[i] == "--serverless") {
      options.serverless = true;
    } else if (arguments[i] == "--burst") {
      options.burst = true;
    } else if (arguments[i] == "--split-delay-ms") {
      options.split_delay_ms = number();
    } else if (arguments[i] == "--partition-bytes") {
      options.partition_bytes = static_cast<uint64_t>(number());
    } else if (arguments[i] == "--throughput-per-partition") {
      options.throughput_per_partition = static_cast<int>(number());
    } else if (arguments[i] == "--tls-dir") {
      WEIR_ASSIGN_OR_RETURN(const auto made,
                            weir::cosmos::LoadOrMakeTlsIdentity(arguments.at(++i), options.host));
      options.tls = made.identity;
    } else if (arguments[i] == "--data") {
      options.data_folder = arguments.at(++i);
    } else if (arguments[i] == "--compact-after") {
      options.compact_after_bytes = static_cast<uint64_t>(number());
    } else if (numbers++ == 0) {
      options.default_throughput = std::atoi(arguments[i].c_str());
    } else {
      options.port = static_cast<uint16_t>(std::atoi(arguments[i].c_str()));
    }
  }
  return options;
}

absl::Status Serve(const std::vector<std::string>& arguments) {
  WEIR_ASSIGN_OR_RETURN(const auto options, Read(arguments));
  WEIR_ASSIGN_OR_RETURN(const auto emulator, weir::cosmos::Emulator::Start(options));
  std::printf("%s\n", emulator->endpoint().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  const absl::Status status = Serve({argv + 1, argv + argc});
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
