#include "agent/watch/system_text.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace weir {
namespace {

constexpr uint64_t kNsPerUs = 1000;
constexpr double kNoLimit = 1e15;  // version 1 writes about 2⁶³ for "none"

std::vector<absl::string_view> Words(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

std::vector<absl::string_view> Lines(absl::string_view text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

uint64_t NumberAt(const std::vector<absl::string_view>& words, size_t position) {
  uint64_t number = 0;
  if (position < words.size() && !absl::SimpleAtoi(words[position], &number)) return 0;
  return number;
}

// The value of "name value" or "name: value kB".
std::optional<uint64_t> Named(absl::string_view text, absl::string_view name) {
  for (const absl::string_view line : Lines(text)) {
    const std::vector<absl::string_view> words = Words(line);
    uint64_t number;
    if (words.size() >= 2 && words[0] == name && absl::SimpleAtoi(words[1], &number)) return number;
  }
  return std::nullopt;
}

// The part of `path` below `root`; nothing when it lies elsewhere.
std::optional<std::string> Below(absl::string_view root, absl::string_view path) {
  if (root == "/") root = "";
  if (!absl::ConsumePrefix(&path, root)) return std::nullopt;
  if (!path.empty() && path[0] != '/') return std::nullopt;
  return path == "/" ? "" : std::string(path);
}

// "9:cpu,cpuacct:/a/b": the path of the controller, "" for version 2's line "0::/a/b".
std::optional<std::string> PathOf(absl::string_view proc_self_cgroup,
                                  absl::string_view controller) {
  for (const absl::string_view line : Lines(proc_self_cgroup)) {
    const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    const std::vector<absl::string_view> controllers = absl::StrSplit(parts[1], ',');
    if (std::find(controllers.begin(), controllers.end(), controller) != controllers.end()) {
      return std::string(parts[2]);
    }
  }
  return std::nullopt;
}

struct Mount {
  absl::string_view root;
  absl::string_view point;
  absl::string_view type;
  absl::string_view options;  // of the file system: its controllers
};

// "32 31 0:29 /root /mount/point rw shared:1 - cgroup cgroup rw,cpu".
std::optional<Mount> ParseMount(absl::string_view line) {
  const std::vector<absl::string_view> words = Words(line);
  const auto dash = std::find(words.begin(), words.end(), "-");
  if (words.size() < 6 || words.end() - dash < 4) return std::nullopt;
  return Mount{words[3], words[4], dash[1], dash[3]};
}

std::optional<CgroupFolder> FolderIn(absl::string_view mountinfo, bool unified,
                                     absl::string_view controller, absl::string_view path) {
  for (const absl::string_view line : Lines(mountinfo)) {
    const std::optional<Mount> mount = ParseMount(line);
    if (!mount || mount->type != (unified ? "cgroup2" : "cgroup")) continue;
    const std::vector<absl::string_view> options = absl::StrSplit(mount->options, ',');
    const bool has = std::find(options.begin(), options.end(), controller) != options.end();
    if (!unified && !has) continue;
    // Where only our part of the hierarchy is mounted, as in a container, the path may lead out.
    const std::string below = Below(mount->root, path).value_or("");
    return CgroupFolder{unified, std::string(mount->point), absl::StrCat(mount->point, below)};
  }
  return std::nullopt;
}

}  // namespace

std::vector<CoreTimes> ParseCoreTimes(absl::string_view proc_stat, uint64_t ns_per_tick) {
  std::vector<CoreTimes> cores;
  for (const absl::string_view line : Lines(proc_stat)) {
    if (!absl::StartsWith(line, "cpu")) break;  // the processors stand first
    const std::vector<absl::string_view> words = Words(line);
    CoreTimes core;
    // cpuN user nice system idle iowait irq softirq steal guest guest_nice; user holds guest.
    if (words.size() < 8 || !absl::SimpleAtoi(words[0].substr(3), &core.core)) continue;
    const uint64_t busy = NumberAt(words, 1) + NumberAt(words, 2) + NumberAt(words, 3) +
                          NumberAt(words, 6) + NumberAt(words, 7);
    core.busy_ns = busy * ns_per_tick;
    core.steal_ns = NumberAt(words, 8) * ns_per_tick;
    cores.push_back(core);
  }
  return cores;
}

std::vector<LinkBytes> ParseLinks(absl::string_view proc_net_dev) {
  std::vector<LinkBytes> links;
  for (const absl::string_view line : Lines(proc_net_dev)) {
    const size_t colon = line.find(':');
    if (colon == absl::string_view::npos) continue;  // the heading
    const std::vector<absl::string_view> words = Words(line.substr(colon + 1));
    if (words.size() < 9) continue;
    links.push_back({Trimmed(line.substr(0, colon)), NumberAt(words, 0), NumberAt(words, 8)});
  }
  return links;
}

std::optional<TcpCounts> ParseTcp(absl::string_view proc_net_snmp) {
  std::vector<absl::string_view> names;
  for (const absl::string_view line : Lines(proc_net_snmp)) {
    if (!absl::StartsWith(line, "Tcp:")) continue;
    const std::vector<absl::string_view> words = Words(line);
    if (names.empty()) {
      names = words;
      continue;
    }
    const auto value = [&](absl::string_view name) {
      const auto place = std::find(names.begin(), names.end(), name);
      return NumberAt(words, static_cast<size_t>(place - names.begin()));
    };
    return TcpCounts{value("OutSegs"), value("RetransSegs")};
  }
  return std::nullopt;
}

ProcessStatus ParseProcessStatus(absl::string_view proc_self_status) {
  return {Named(proc_self_status, "VmRSS:").value_or(0) * 1024,
          static_cast<uint32_t>(Named(proc_self_status, "Threads:").value_or(0))};
}

std::optional<Throttling> ParseCpuStat(absl::string_view cpu_stat) {
  const std::optional<uint64_t> periods = Named(cpu_stat, "nr_throttled");
  if (!periods) return std::nullopt;
  const std::optional<uint64_t> us = Named(cpu_stat, "throttled_usec");
  return Throttling{*periods, us ? *us * kNsPerUs : Named(cpu_stat, "throttled_time").value_or(0)};
}

std::optional<CgroupFolder> FindCgroup(absl::string_view proc_self_cgroup,
                                       absl::string_view proc_self_mountinfo,
                                       absl::string_view controller) {
  if (const auto path = PathOf(proc_self_cgroup, controller)) {
    return FolderIn(proc_self_mountinfo, false, controller, *path);
  }
  const auto path = PathOf(proc_self_cgroup, "");
  if (!path) return std::nullopt;
  return FolderIn(proc_self_mountinfo, true, controller, *path);
}

std::optional<double> ParseCpuMax(absl::string_view cpu_max) {
  const std::vector<absl::string_view> words = Words(Trimmed(cpu_max));
  return words.size() < 2 ? std::nullopt : ParseCfsQuota(words[0], words[1]);
}

std::optional<double> ParseCfsQuota(absl::string_view quota_us, absl::string_view period_us) {
  double quota;
  double period;
  if (!absl::SimpleAtod(Trimmed(quota_us), &quota)) return std::nullopt;  // "max"
  if (!absl::SimpleAtod(Trimmed(period_us), &period)) return std::nullopt;
  if (quota <= 0 || quota > kNoLimit || period <= 0) return std::nullopt;
  return quota / period;
}

std::optional<uint64_t> ParseNumber(absl::string_view text) {
  uint64_t number;
  if (!absl::SimpleAtoi(Trimmed(text), &number)) return std::nullopt;
  return number;
}

std::string Trimmed(absl::string_view text) {
  return std::string(absl::StripAsciiWhitespace(text));
}

}  // namespace weir
