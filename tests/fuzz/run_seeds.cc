// Runs a fuzz target on its seeds and on bounded, seeded changes of them: the fuzzers' part in the
// ordinary tests. --write FOLDER writes the seeds as a corpus for libFuzzer instead.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/random.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/damage.h"

namespace {

constexpr uint64_t kRandomSeed = 20'260'101;

int g_number = 0;

void Run(const std::string& input) {
  ++g_number;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

int Write(const std::vector<std::string>& seeds, const std::string& folder) {
  for (size_t i = 0; i < seeds.size(); ++i) {
    std::ofstream file(folder + "/seed-" + std::to_string(i), std::ios::binary);
    file << seeds[i];
    if (!file) return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> seeds = weir::FuzzSeeds();
  if (argc == 3 && std::strcmp(argv[1], "--write") == 0) return Write(seeds, argv[2]);
  const int changed = argc == 2 ? std::atoi(argv[1]) : 1000;
  std::atexit([] { std::printf("%d inputs\n", g_number); });
  Run("");
  for (const std::string& seed : seeds) Run(seed);
  std::vector<std::string> pieces = seeds;
  pieces.push_back(std::string(9, '\xff') + '\x01');  // the greatest number of a message
  for (int i = 0; i < changed; ++i) {
    weir::DrawStream draws(kRandomSeed, static_cast<uint64_t>(i));
    std::string input = seeds[static_cast<size_t>(draws.Below(seeds.size()))];
    for (uint64_t changes = 1 + draws.Below(4); changes > 0; --changes) {
      weir::Damage(pieces, &draws, &input);
    }
    Run(input);
  }
  return EXIT_SUCCESS;
}
