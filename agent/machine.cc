#include "agent/machine.h"

#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "agent/watch/machine_conditions.h"
#include "base/crc32c.h"
#include "base/version.h"

namespace weir {
namespace {

std::string ReadCpuModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "NOT DISCLOSED";
}

std::string Variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

constexpr size_t kLongestName = 64;
constexpr size_t kBeginning = 24;  // of a host's name that is cut
constexpr char kNameCharacters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

}  // namespace

std::string DefaultAgentName(const std::string& host, int64_t process) {
  const std::string suffix = absl::StrCat("-", process);
  const bool fits = host.size() + suffix.size() <= kLongestName;
  if (fits && host.find_first_not_of(kNameCharacters) == std::string::npos) return host + suffix;
  std::string beginning = host.substr(0, kBeginning);
  for (char& character : beginning) {
    if (std::strchr(kNameCharacters, character) == nullptr) character = '_';
  }
  return absl::StrCat(beginning, "-", absl::Hex(Crc32c(host), absl::kZeroPad8), suffix);
}

uint32_t UsableCores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) != 0) return 1;
  return std::max(1, CPU_COUNT(&cores));
}

v1::AgentFacts ReadMachine() {
  v1::AgentFacts facts;
  utsname name;
  if (uname(&name) == 0) {
    facts.set_host(name.nodename);
    facts.set_kernel(std::string(name.sysname) + " " + name.release);
  }
  facts.set_cpu_model(ReadCpuModel());
  facts.set_cores(UsableCores());
  struct sysinfo memory;
  if (sysinfo(&memory) == 0) facts.set_memory_bytes(uint64_t{memory.totalram} * memory.mem_unit);
  facts.set_version(std::string(Version()));
  for (v1::Condition& condition : ReadConditions(SystemReader(), Variable)) {
    *facts.add_conditions() = std::move(condition);
  }
  return facts;
}

}  // namespace weir
