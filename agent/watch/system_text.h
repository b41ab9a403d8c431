// What the kernel writes into its text files, read into numbers. Pure; what is missing or cannot be
// read is left out, never guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace weir {

struct CoreTimes {
  uint32_t core = 0;
  uint64_t busy_ns = 0;   // everything but idle, waiting for I/O and steal
  uint64_t steal_ns = 0;  // taken by the hypervisor
};
std::vector<CoreTimes> ParseCoreTimes(absl::string_view proc_stat, uint64_t ns_per_tick);

struct LinkBytes {
  std::string name;
  uint64_t received = 0;
  uint64_t sent = 0;
};
std::vector<LinkBytes> ParseLinks(absl::string_view proc_net_dev);

struct TcpCounts {
  uint64_t segments_sent = 0;
  uint64_t retransmits = 0;
};
std::optional<TcpCounts> ParseTcp(absl::string_view proc_net_snmp);

struct ProcessStatus {
  uint64_t resident_bytes = 0;
  uint32_t threads = 0;
};
ProcessStatus ParseProcessStatus(absl::string_view proc_self_status);

struct Throttling {
  uint64_t periods = 0;  // in which a quota held us back
  uint64_t throttled_ns = 0;
};
// cpu.stat of a cgroup of either version; nothing when it has no quota to tell of.
std::optional<Throttling> ParseCpuStat(absl::string_view cpu_stat);

// Where the files of our cgroup are that has this controller.
struct CgroupFolder {
  bool unified = false;  // version 2
  std::string mount;     // where the hierarchy is mounted
  std::string folder;    // ours, at or below `mount`
};
std::optional<CgroupFolder> FindCgroup(absl::string_view proc_self_cgroup,
                                       absl::string_view proc_self_mountinfo,
                                       absl::string_view controller);

// How many cores a quota allows: from cpu.max (version 2), or from cpu.cfs_quota_us and
// cpu.cfs_period_us. Nothing when there is no limit.
std::optional<double> ParseCpuMax(absl::string_view cpu_max);
std::optional<double> ParseCfsQuota(absl::string_view quota_us, absl::string_view period_us);

// A file that holds one number; nothing when it does not.
std::optional<uint64_t> ParseNumber(absl::string_view text);

// The text without blanks and line ends around it.
std::string Trimmed(absl::string_view text);

}  // namespace weir
