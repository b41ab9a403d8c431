// Serves an emulator until its standard input ends, for tests in other languages. Prints its
// endpoint. Arguments: [throughput] [port] [--serverless] [--burst] [--split-delay-ms MS]
// [--partition-bytes BYTES] [--throughput-per-partition RU].
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "backends/cosmos/emulator/emulator.h"

namespace {

weir::cosmos::EmulatorOptions Read(const std::vector<std::string>& arguments) {
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
    } else if (numbers++ == 0) {
      options.default_throughput = std::atoi(arguments[i].c_str());
    } else {
      options.port = static_cast<uint16_t>(std::atoi(arguments[i].c_str()));
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  auto emulator = weir::cosmos::Emulator::Start(Read({argv + 1, argv + argc}));
  if (!emulator.ok()) {
    std::fprintf(stderr, "%s\n", emulator.status().ToString().c_str());
    return 1;
  }
  std::printf("%s\n", (*emulator)->endpoint().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}
