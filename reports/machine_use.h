// What a leg took from the machines, summed: CPU of the agents and of the database's processes.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

// "bench-1"; an agent of which nothing is known is taken to be alone on its machine.
std::string HostOf(const v1::RunResult& run, uint32_t agent);

// The phase that gates, machines and partitions of a leg are judged by: measure, where there is
// one.
v1::Phase JudgedPhase(const v1::Leg& leg);
uint64_t SucceededIn(const v1::Leg& leg, v1::Phase phase);  // operations of all kinds

uint64_t AgentCpuNs(const v1::Leg& leg);

// Agents that share a machine see the same processes: of each host and name, the sample of the one
// that saw most.
std::vector<v1::ProcessSample> DistinctProcesses(const v1::RunResult& run,
                                                 const std::vector<v1::ProcessSample>& seen);

uint64_t DatabaseCpuNs(const v1::RunResult& run, const v1::Leg& leg);

}  // namespace weir
