#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "selftest/self_test.h"

namespace weir {
namespace {

constexpr auto kSelfTests = std::to_array<SelfTest>({
    {"S1", "equal targets",
     "1,000 comparisons of a target with itself: how often a difference is claimed.", true,
     &TestAlike},
    {"S2", "10 % slower", "A target that is 10 % slower is found, and its interval holds 1.10.",
     true, &TestTenPercentSlower},
    {"S3", "1 % slower", "A target that is 1 % slower is not called SLOWER: that would not matter.",
     true, &TestOnePercentSlower},
    {"S4", "stall oracle",
     "A server stands still for 5 s: response times are what the formula says, service times do "
     "not show it.",
     true, &TestStallOracle},
    {"S5", "M/M/1 queue",
     "Poisson arrivals at a server with exponential service times: mean and p99 are what queueing "
     "theory says.",
     true, &TestQueueOracle},
    {"S6", "split invariance",
     "1, 7 and 50 agents carry out the identical plan and measure the same.", true,
     &TestSplitInvariance},
    {"S7", "merge algebra",
     "Merging in any split, order and grouping equals recording all values once, bit by bit.", true,
     &TestMergeAlgebra},
    {"S9", "drift",
     "A machine that becomes slower misleads who measures one target after the other, and no "
     "comparison.",
     true, &TestDrift},
    {"S11", "timeouts",
     "With 5 % of the requests unanswered p99 is beyond the timeout and says so, and the verdict "
     "is DEGRADED.",
     true, &TestTimedOutShare},
    {"S13", "capacity",
     "The search for capacity finds that of an M/M/1 queue within 3 %, and is not taken in by a "
     "server that absorbs bursts.",
     true, &TestCapacitySearch},
    {"S14", "equal targets, extended",
     "S1 with the one extension that a comparison may be allowed: no more is claimed for it.", true,
     &TestTwoLooks},
    {"S8-clock", "clock that jumps",
     "An agent's clock that jumps by 20 ms or more fails the gate \"clock\"; one that drifts does "
     "not.",
     true, &TestClockStep},
    {"S8-suspend", "suspended agent",
     "An agent that is stopped for 150 ms fails the gate \"watchdog\".", false,
     &TestSuspendedAgent},
    {"S8-hog", "busy cores", "Other work on the agents' cores fails the gate \"core_cpu\".", false,
     &TestHoggedCores},
    {"S8-quota", "CPU quota", "A limit of the agents' CPU time fails the gate \"quota\".", false,
     &TestCpuQuota},
    {"S8-loss", "lost packets", "A network that loses packets fails the gate \"retransmits\".",
     false, &TestLostPackets},
    {"S8-stall", "stalling database",
     "A database that stands still for 2 s fails no gate: that is a result.", false,
     &TestStallingDatabase},
    {"S12", "beside pgbench",
     "The same statement at the same rate on the same PostgreSQL: p50 and mean agree with "
     "pgbench's "
     "within 5 %, or what differs is named.",
     false, &TestBesidePgbench},
});

}  // namespace

absl::Span<const SelfTest> SelfTests() { return kSelfTests; }

std::vector<const SelfTest*> FindSelfTests(absl::string_view name) {
  std::vector<const SelfTest*> found;
  for (const SelfTest& test : kSelfTests) {
    const bool in_group = absl::StartsWithIgnoreCase(test.name, absl::StrCat(name, "-"));
    if (in_group || absl::EqualsIgnoreCase(test.name, name)) found.push_back(&test);
  }
  return found;
}

}  // namespace weir
