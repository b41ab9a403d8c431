// The lease within which an agent may send load without a word from its coordinator (R40), and how
// often both ends have to hear of each other for most of it to be there when they suddenly do not.
// Times are in nanoseconds. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weir {

inline constexpr int64_t kDefaultLeaseNs = 5'000'000'000;
// Below, a busy machine is taken for a lost one; above, it says little of an agent that it attends.
inline constexpr int64_t kShortestLeaseNs = 2'000'000'000;
inline constexpr int64_t kLongestLeaseNs = 300'000'000'000;

// How often the coordinator pings each agent. A ping grants what was known of the agent a ping
// earlier, so that up to two periods of a lease are over when a network fails: a twentieth of the
// lease. Of many agents less often, a thousand pings a second for all of them, but each once a
// second, and five times in its lease.
inline int64_t PingPeriodNs(int64_t lease_ns, uint32_t agents) {
  constexpr int64_t kForEachAgentNs = 1'000'000;
  const int64_t longest_ns = std::min<int64_t>(lease_ns / 5, 1'000'000'000);
  const int64_t shortest_ns = std::min<int64_t>(longest_ns, 100'000'000);
  return std::clamp(std::max(lease_ns / 20, kForEachAgentNs * agents), shortest_ns, longest_ns);
}

// An end that has known nothing of the other for so long dials anew: TCP doubles the pause between
// its attempts, and may find out only after the lease that the way is open again.
inline int64_t SilenceNs(int64_t lease_ns, uint32_t agents) {
  return std::max(3 * lease_ns / 10, 3 * PingPeriodNs(lease_ns, agents));
}

}  // namespace weir
