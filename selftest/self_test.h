// One check of the instrument on itself, and the table of all. See README.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weir {

struct SelfTestOptions {
  uint64_t seed = 1;
  bool fast = false;         // shorter where statistics allow
  std::string postgres_bin;  // folder of PostgreSQL's programs; empty: look for them
};

struct SelfTestResult {
  enum class State : uint8_t { kPass, kFail, kSkip };
  State state = State::kPass;
  std::string figures;  // one line: what was seen, and of what; or why it was skipped
};

struct SelfTest {
  absl::string_view name;  // "S4"
  absl::string_view what;  // "stall oracle"
  absl::string_view doc;   // one sentence
  bool virtual_time;       // part of --fast: no process, no database, the same everywhere
  SelfTestResult (*run)(const SelfTestOptions& options);
};

absl::Span<const SelfTest> SelfTests();

// Those of this name or of this group ("S8" holds "S8-quota"), whatever its case.
std::vector<const SelfTest*> FindSelfTests(absl::string_view name);

SelfTestResult TestAlike(const SelfTestOptions& options);
SelfTestResult TestTwoLooks(const SelfTestOptions& options);
SelfTestResult TestTenPercentSlower(const SelfTestOptions& options);
SelfTestResult TestOnePercentSlower(const SelfTestOptions& options);
SelfTestResult TestDrift(const SelfTestOptions& options);
SelfTestResult TestStallOracle(const SelfTestOptions& options);
SelfTestResult TestQueueOracle(const SelfTestOptions& options);
SelfTestResult TestSplitInvariance(const SelfTestOptions& options);
SelfTestResult TestMergeAlgebra(const SelfTestOptions& options);
SelfTestResult TestTimedOutShare(const SelfTestOptions& options);
SelfTestResult TestCapacitySearch(const SelfTestOptions& options);
SelfTestResult TestClockStep(const SelfTestOptions& options);
SelfTestResult TestSuspendedAgent(const SelfTestOptions& options);
SelfTestResult TestHoggedCores(const SelfTestOptions& options);
SelfTestResult TestCpuQuota(const SelfTestOptions& options);
SelfTestResult TestLostPackets(const SelfTestOptions& options);
SelfTestResult TestStallingDatabase(const SelfTestOptions& options);
SelfTestResult TestBesidePgbench(const SelfTestOptions& options);

}  // namespace weir
