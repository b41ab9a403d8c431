// bin/weir-simulation: runs simulated worlds. Exit code 0 when none shows a violation.
#include <malloc.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "simulation/world.h"

namespace weir {
namespace {

constexpr uint64_t kMostShown = 10;  // worlds in full

constexpr char kUsage[] =
    "usage: weir-simulation [--seed N [--verbose]] [--first N] [--seeds N] [--find]\n"
    "  --seed N     one world; --verbose prints its events\n"
    "  --seeds N    as many worlds, from --first on (0)\n"
    "  --find       stop at the first violation; exit code 0 when there is one\n"
    "WEIR_SIMULATION_SEEDS in the environment stands for --seeds.\n";

struct Options {
  uint64_t first = 0;
  uint64_t seeds = 1000;
  bool verbose = false;
  bool find = false;
};

std::optional<Options> ParseOptions(int argc, char** argv) {
  Options options;
  const char* seeds = std::getenv("WEIR_SIMULATION_SEEDS");
  const bool given = seeds != nullptr && absl::SimpleAtoi(seeds, &options.seeds);
  for (int i = 1; i < argc; ++i) {
    const absl::string_view name = argv[i];
    if (name == "--verbose" || name == "--find") {
      (name == "--find" ? options.find : options.verbose) = true;
      continue;
    }
    uint64_t value = 0;
    if (i + 1 == argc || !absl::SimpleAtoi(argv[++i], &value)) return std::nullopt;
    if (name == "--seed") {
      options.first = value;
      options.seeds = 1;
    } else if (name == "--first") {
      options.first = value;
    } else if (name == "--seeds") {
      if (!given || options.find) options.seeds = value;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

void Print(const WorldReport& report) {
  std::printf("seed %" PRIu64 " (%s): %s, %s, %" PRIu64 " events, trace %016" PRIx64 "\n",
              report.seed, ModeName(report.mode), v1::RunState_Name(report.state).c_str(),
              v1::Validity_Name(report.validity).c_str(), report.events, report.trace_hash);
  for (const std::string& violation : report.violations) {
    std::printf("  VIOLATION %s\n", violation.c_str());
  }
  if (!report.violations.empty()) {
    std::printf("  replay: weir-simulation --seed %" PRIu64 " --verbose\n", report.seed);
  }
}

// One kind of violation, whatever its numbers.
std::string KindOf(std::string violation) {
  for (char& c : violation) {
    if (c >= '0' && c <= '9') c = '#';
  }
  for (size_t i; (i = violation.find("##")) != std::string::npos;) violation.erase(i, 1);
  return violation;
}

struct Kind {
  uint64_t worlds = 0;
  uint64_t first_seed = 0;
};

int Run(const Options& options) {
  const auto begun = std::chrono::steady_clock::now();
  uint64_t failed = 0;
  uint64_t events = 0;
  uint64_t operations = 0;
  std::map<std::string, uint64_t> ends;
  std::map<std::string, Kind> kinds;
  std::map<Recovery, uint64_t> recoveries;
  uint64_t done = 0;
  for (; done < options.seeds && !(options.find && failed > 0); ++done) {
    const WorldReport report = RunWorld(options.first + done, options.verbose);
    events += report.events;
    operations += report.operations;
    ++recoveries[report.recovery];
    ++ends[report.run_over ? absl::StrCat(v1::RunState_Name(report.state), " ",
                                          v1::Validity_Name(report.validity))
                           : "not over"];
    std::set<std::string> shown;
    for (const std::string& violation : report.violations) {
      if (!shown.insert(KindOf(violation)).second) continue;
      Kind& kind = kinds[KindOf(violation)];
      if (kind.worlds++ == 0) kind.first_seed = report.seed;
    }
    if (options.seeds > 1 && (report.violations.empty() || failed >= kMostShown)) {
      failed += report.violations.empty() ? 0 : 1;
      continue;
    }
    if (!report.violations.empty()) ++failed;
    Print(report);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::printf("%" PRIu64 " worlds in %.1f s (%.0f/s), %" PRIu64 " events, %" PRIu64
              " operations, %" PRIu64 " with violations\n",
              done, seconds, static_cast<double>(done) / seconds, events, operations, failed);
  for (const auto& [end, number] : ends) std::printf("  %8" PRIu64 " %s\n", number, end.c_str());
  std::printf("  stages of dead coordinators recovered: %" PRIu64 " whole, %" PRIu64 " in part\n",
              recoveries[Recovery::kWhole], recoveries[Recovery::kInPart]);
  for (const auto& [words, kind] : kinds) {
    std::printf("  in %" PRIu64 " worlds, first seed %" PRIu64 ": %s\n", kind.worlds,
                kind.first_seed, words.c_str());
  }
  return (failed > 0) == options.find ? 0 : 1;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  // Histograms are large and mostly untouched: fresh pages are cheaper than cleared memory.
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  const auto options = weir::ParseOptions(argc, argv);
  if (!options) {
    std::fputs(weir::kUsage, stderr);
    return 2;
  }
  return weir::Run(*options);
}
