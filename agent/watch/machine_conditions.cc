#include "agent/watch/machine_conditions.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace weir {
namespace {

constexpr uint32_t kMostCores = 4096;
constexpr uint32_t kMostStates = 32;
constexpr uint64_t kNoMemoryLimit = uint64_t{1} << 60;  // version 1 writes nearly 2⁶³ for "none"

std::string FileOr(const SystemReader& system, const std::string& path, const std::string& absent) {
  const std::string text = Trimmed(system.Text(path).value_or(""));
  return text.empty() ? absent : text;
}

// Different cores may be governed differently.
std::string Governor(const SystemReader& system) {
  std::set<std::string> governors;
  for (uint32_t core = 0; core < kMostCores; ++core) {
    const std::string folder = absl::StrCat("sys/devices/system/cpu/cpu", core);
    if (!system.Exists(folder)) break;
    const std::string governor = FileOr(system, folder + "/cpufreq/scaling_governor", "");
    if (!governor.empty()) governors.insert(governor);
  }
  return governors.empty() ? kNotDisclosed : absl::StrJoin(governors, ", ");
}

// "intel_idle: POLL, C1, C6 (C6 disabled)".
std::string IdleStates(const SystemReader& system) {
  const std::string driver =
      FileOr(system, "sys/devices/system/cpu/cpuidle/current_driver", kNotDisclosed);
  std::vector<std::string> states;
  for (uint32_t state = 0; state < kMostStates; ++state) {
    const std::string folder = absl::StrCat("sys/devices/system/cpu/cpu0/cpuidle/state", state);
    const std::string name = FileOr(system, folder + "/name", "");
    if (name.empty()) break;
    const bool disabled = FileOr(system, folder + "/disable", "0") != "0";
    states.push_back(disabled ? name + " (disabled)" : name);
  }
  return states.empty() ? driver : absl::StrCat(driver, ": ", absl::StrJoin(states, ", "));
}

std::string HyperThreading(const SystemReader& system) {
  const std::string smt = FileOr(system, "sys/devices/system/cpu/smt/active", "");
  if (smt == "1") return "on";
  if (smt == "0") return "off";
  return kNotDisclosed;
}

std::string NumaNodes(const SystemReader& system) {
  return FileOr(system, "sys/devices/system/node/online", kNotDisclosed);
}

std::optional<double> QuotaIn(const SystemReader& system, const std::string& folder, bool unified) {
  if (unified) return ParseCpuMax(system.Text(folder + "/cpu.max").value_or(""));
  return ParseCfsQuota(system.Text(folder + "/cpu.cfs_quota_us").value_or(""),
                       system.Text(folder + "/cpu.cfs_period_us").value_or(""));
}

std::string CpuLimit(const SystemReader& system) {
  bool unified = false;
  const std::vector<std::string> folders = system.CgroupFolders("cpu", &unified);
  if (folders.empty()) return kNotDisclosed;
  std::optional<double> least;
  for (const std::string& folder : folders) {
    const std::optional<double> cores = QuotaIn(system, folder, unified);
    if (cores && (!least || *cores < *least)) least = cores;
  }
  return least ? absl::StrFormat("%g cores", *least) : "none";
}

std::string MemoryLimit(const SystemReader& system) {
  bool unified = false;
  const std::vector<std::string> folders = system.CgroupFolders("memory", &unified);
  if (folders.empty()) return kNotDisclosed;
  uint64_t least = kNoMemoryLimit;
  for (const std::string& folder : folders) {
    const char* name = unified ? "/memory.max" : "/memory.limit_in_bytes";
    const auto bytes = ParseNumber(system.Text(folder + name).value_or(""));
    least = std::min(least, bytes.value_or(kNoMemoryLimit));
  }
  return least == kNoMemoryLimit ? "none" : absl::StrCat(least, " bytes");
}

std::string Virtualisation(const SystemReader& system) {
  const std::string type = FileOr(system, "sys/hypervisor/type", "");
  if (!type.empty()) return type;
  const std::string vendor = FileOr(system, "sys/class/dmi/id/sys_vendor", "");
  const auto processor = system.Text("proc/cpuinfo");
  const bool flagged = processor && absl::StrContains(*processor, " hypervisor");
  if (flagged) return vendor.empty() ? "a hypervisor" : absl::StrCat("a hypervisor (", vendor, ")");
  // Only x86 has the flag, which tells bare metal from the rest.
  const bool tells = processor && absl::StrContains(*processor, "flags\t");
  return tells ? "none seen" : kNotDisclosed;
}

std::string LinkSpeeds(const SystemReader& system) {
  std::vector<std::string> speeds;
  for (const Link& link : system.Read().links) {
    if (link.loopback || link.bytes_per_second == 0) continue;
    speeds.push_back(
        absl::StrCat(link.bytes.name, " ", link.bytes_per_second * 8 / 1'000'000, " Mbit/s"));
  }
  return speeds.empty() ? kNotDisclosed : absl::StrJoin(speeds, ", ");
}

std::string Named(const Environment& environment, const std::string& name) {
  const std::string value = environment(name);
  return value.empty() ? kNotDisclosed : value;
}

}  // namespace

std::vector<v1::Condition> ReadConditions(const SystemReader& system,
                                          const Environment& environment) {
  std::vector<v1::Condition> conditions;
  const auto add = [&](const char* name, const std::string& value) {
    v1::Condition condition;
    condition.set_group("machine");
    condition.set_name(name);
    condition.set_value(value);
    conditions.push_back(condition);
  };
  add("kernel", FileOr(system, "proc/sys/kernel/osrelease", kNotDisclosed));
  add("CPU governor", Governor(system));
  add("idle states", IdleStates(system));
  add("SMT", HyperThreading(system));
  add("NUMA nodes", NumaNodes(system));
  add("clock source",
      FileOr(system, "sys/devices/system/clocksource/clocksource0/current_clocksource",
             kNotDisclosed));
  add("CPU limit", CpuLimit(system));
  add("memory limit", MemoryLimit(system));
  add("virtualisation", Virtualisation(system));
  add("link speed", LinkSpeeds(system));
  add("machine type", Named(environment, "WEIR_NODE_TYPE"));
  add("zone", Named(environment, "WEIR_NODE_ZONE"));
  return conditions;
}

}  // namespace weir
