// What a search for capacity found, in words, and how throughput scaled over its closed loops.
// Pure.
#pragma once

#include <string>

#include "proto/campaign.pb.h"
#include "proto/results.pb.h"

namespace weir {

// "postgres sustains 12,400–12,650 operations/s at p99 ≤ 50 ms (CONFIRMED)". `result` has all but
// its sentence; `reason`: of a finding that is not CONFIRMED.
std::string CapacitySentence(const v1::Capacity& capacity, const v1::CapacityResult& result,
                             const std::string& reason);

// Of the run's closed loops on the result's scenario and target. One in which a gate of ours failed
// says nothing of the target and is left out.
v1::Scalability ScalabilityOf(const v1::RunResult& run, const v1::CapacityResult& result);

}  // namespace weir
