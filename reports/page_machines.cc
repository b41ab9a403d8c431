#include "reports/page_machines.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "reports/leg_text.h"
#include "reports/machine_use.h"
#include "reports/page_series.h"
#include "reports/partition_use.h"
#include "reports/quantity.h"

namespace weir {
namespace {

using nlohmann::json;

constexpr size_t kMostAgentLines = 6;
constexpr size_t kMostPartitionLines = 40;

double Over(uint64_t amount, double whole) {
  return whole <= 0 ? 0 : static_cast<double>(amount) / whole;
}

double JudgedNs(const v1::Leg& leg) {
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() == JudgedPhase(leg)) return static_cast<double>(span.duration_ns());
  }
  return 0;
}

std::string CoresText(double cores) {
  if (cores < 0.995) return ShareText(cores) + " of a core";
  return CountText(cores) + " cores";
}

std::string Rate(uint64_t bytes, double ns) { return BytesText(Over(bytes, ns) * 1e9) + "/s"; }

json AgentCost(const v1::RunResult& run, const v1::ResourceSample& sample) {
  const auto span = static_cast<double>(sample.span_ns());
  return {{"name", AgentName(run, sample.agent())},
          {"host", HostOf(run, sample.agent())},
          {"cores_used", Over(sample.process_cpu_ns(), span)},
          {"cpu", CoresText(Over(sample.process_cpu_ns(), span))},
          {"worker", ShareText(Over(sample.busiest_worker_cpu_ns(), span))},
          {"core", ShareText(Over(sample.busiest_core_ns(), span))},
          {"machine",
           absl::StrCat(CoresText(Over(sample.machine_cpu_ns(), span)), " of ", sample.cores())},
          {"memory", BytesText(static_cast<double>(sample.resident_bytes()))},
          {"sent", Rate(sample.network_sent_bytes(), span)},
          {"received", Rate(sample.network_received_bytes(), span)},
          {"loopback", Rate(sample.loopback_bytes(), span)},
          {"pause", DurationText(static_cast<double>(sample.most_watchdog_gap_ns()) / 1e3)}};
}

json ProcessCost(const v1::RunResult& run, const v1::ProcessSample& sample, double ns) {
  return {{"name", sample.name()},
          {"host", HostOf(run, sample.agent())},
          {"cores_used", Over(sample.cpu_ns(), ns)},
          {"cpu", CoresText(Over(sample.cpu_ns(), ns))},
          {"processes", CountText(sample.processes())},
          {"memory", BytesText(static_cast<double>(sample.resident_bytes()))}};
}

// One value of a line that may have begun late: null where it was not yet there.
void Put(double value, size_t index, json* line) {
  while (line->size() < index) line->push_back(nullptr);
  line->push_back(DrawnNumber(value));
}

struct MachineValues {
  double cpu;      // cores
  double memory;   // bytes
  double network;  // bytes per second
};

MachineValues ValuesOf(const v1::ResourceSample& sample) {
  const auto ns = static_cast<double>(sample.span_ns());
  const uint64_t bytes =
      sample.network_sent_bytes() + sample.network_received_bytes() + sample.loopback_bytes();
  return {Over(sample.process_cpu_ns(), ns), static_cast<double>(sample.resident_bytes()),
          Over(bytes, ns) * 1e9};
}

void PutMachine(const MachineValues& values, size_t index, json* lines) {
  Put(values.cpu, index, &(*lines)["cpu"]);
  Put(values.memory, index, &(*lines)["memory"]);
  Put(values.network, index, &(*lines)["network"]);
}

// Each quantity for itself: the agent with the most memory need not be the one with the most CPU.
MachineValues AtRank(std::vector<MachineValues> all, size_t rank) {
  const auto pick = [&](double MachineValues::*field) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(rank), all.end(),
                     [&](const auto& a, const auto& b) { return a.*field < b.*field; });
    return all[rank].*field;
  };
  return {pick(&MachineValues::cpu), pick(&MachineValues::memory), pick(&MachineValues::network)};
}

// The last sample of a stage covers next to nothing, and a rate made from it says as little.
bool IsWhole(const v1::ResourceSample& sample) { return sample.span_ns() >= 500'000'000; }

void PutAgents(const v1::RunResult& run, const SeriesPoint& point, size_t index, json* agents) {
  if (static_cast<size_t>(run.agents_size()) <= kMostAgentLines) {
    for (const auto& [agent, sample] : point.resources) {
      if (!IsWhole(sample)) continue;
      PutMachine(ValuesOf(sample), index, &(*agents)[AgentName(run, agent)]);
    }
    return;
  }
  std::vector<MachineValues> all;
  for (const auto& [agent, sample] : point.resources) {
    if (IsWhole(sample)) all.push_back(ValuesOf(sample));
  }
  if (all.empty()) return;
  const std::string of = absl::StrCat(" of ", run.agents_size(), " agents");
  PutMachine(AtRank(all, all.size() - 1), index, &(*agents)["largest" + of]);
  PutMachine(AtRank(all, (all.size() - 1) / 2), index, &(*agents)["median" + of]);
}

}  // namespace

json CostData(const v1::RunResult& run, const v1::Leg& leg) {
  json agents = json::array();
  for (const v1::ResourceSample& sample : leg.resources()) agents.push_back(AgentCost(run, sample));
  json processes = json::array();
  const std::vector<v1::ProcessSample> seen(leg.processes().begin(), leg.processes().end());
  for (const v1::ProcessSample& sample : DistinctProcesses(run, seen)) {
    processes.push_back(ProcessCost(run, sample, JudgedNs(leg)));
  }
  return {{"agents", agents}, {"processes", processes}};
}

void AddMachinePoint(const v1::RunResult& run, const SeriesPoint& point, size_t index,
                     json* lines) {
  PutAgents(run, point, index, &(*lines)["agents"]);
  std::vector<v1::ProcessSample> seen;
  for (const auto& [key, sample] : point.processes) {
    const auto machine = point.resources.find(sample.agent());
    if (machine == point.resources.end() || IsWhole(machine->second)) seen.push_back(sample);
  }
  for (const v1::ProcessSample& sample : DistinctProcesses(run, seen)) {
    json& process = (*lines)["processes"][sample.name()];
    Put(Over(sample.cpu_ns(), point.seconds * 1e9), index, &process["cpu"]);
    Put(static_cast<double>(sample.resident_bytes()), index, &process["memory"]);
  }
}

void AddPartitionPoint(const v1::Leg& leg, const SeriesPoint& point, size_t index, json* lines) {
  for (const v1::PartitionUse& busy : BusiestPartitions(leg, kMostPartitionLines)) {
    const auto found = point.partitions.find(busy.partition());
    if (found == point.partitions.end()) continue;
    json& partition = (*lines)[absl::StrCat(busy.partition())];
    const v1::PartitionUse& use = found->second;
    Put(static_cast<double>(use.milli_ru()) / 1e3 / point.seconds, index, &partition["ru"]);
    Put(static_cast<double>(use.throttled()) / point.seconds, index, &partition["throttled"]);
  }
}

}  // namespace weir
