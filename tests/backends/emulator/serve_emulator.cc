// Serves an emulator until its standard input ends, for tests in other languages. Prints its
// endpoint. Arguments: [throughput] [port].
#include <cstdio>
#include <cstdlib>

#include "backends/cosmos/emulator/emulator.h"

int main(int argc, char** argv) {
  weir::cosmos::EmulatorOptions options;
  if (argc > 1) options.default_throughput = std::atoi(argv[1]);
  if (argc > 2) options.port = static_cast<uint16_t>(std::atoi(argv[2]));
  auto emulator = weir::cosmos::Emulator::Start(options);
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
