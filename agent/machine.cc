#include "agent/machine.h"

#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "agent/watch/machine_conditions.h"
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

}  // namespace

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
