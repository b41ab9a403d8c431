#include "reports/machine_use.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "reports/result_row.h"

namespace weir {

std::string HostOf(const v1::RunResult& run, uint32_t agent) {
  for (const v1::AgentFacts& facts : run.agents()) {
    if (facts.index() == agent && !facts.host().empty()) return facts.host();
  }
  return absl::StrCat("machine of agent ", agent);
}

v1::Phase JudgedPhase(const v1::Leg& leg) {
  return HasPhase(leg, v1::PHASE_MEASURE) ? v1::PHASE_MEASURE : v1::PHASE_LOAD;
}

uint64_t SucceededIn(const v1::Leg& leg, v1::Phase phase) {
  uint64_t ok = 0;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == phase) ok += result.total().ok();
  }
  return ok;
}

uint64_t AgentCpuNs(const v1::Leg& leg) {
  uint64_t cpu_ns = 0;
  for (const v1::ResourceSample& sample : leg.resources()) cpu_ns += sample.process_cpu_ns();
  return cpu_ns;
}

std::vector<v1::ProcessSample> DistinctProcesses(const v1::RunResult& run,
                                                 const std::vector<v1::ProcessSample>& seen) {
  std::map<std::pair<std::string, std::string>, v1::ProcessSample> distinct;
  for (const v1::ProcessSample& sample : seen) {
    v1::ProcessSample& kept = distinct[{HostOf(run, sample.agent()), sample.name()}];
    if (kept.name().empty() || kept.cpu_ns() < sample.cpu_ns()) kept = sample;
  }
  std::vector<v1::ProcessSample> samples;
  for (auto& [key, sample] : distinct) samples.push_back(std::move(sample));
  return samples;
}

uint64_t DatabaseCpuNs(const v1::RunResult& run, const v1::Leg& leg) {
  uint64_t cpu_ns = 0;
  for (const v1::ProcessSample& sample :
       DistinctProcesses(run, {leg.processes().begin(), leg.processes().end()})) {
    cpu_ns += sample.cpu_ns();
  }
  return cpu_ns;
}

}  // namespace weir
