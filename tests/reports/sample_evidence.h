// What the sample run knows beside its operations: gates, steadiness, waits, partitions, machines.
// Made from the same seconds as its numbers.
#pragma once

#include <cstdint>

#include "proto/results.pb.h"

namespace weir::test {

inline constexpr uint32_t kSampleAgents = 3;

struct SampleEvidence {
  uint32_t leg;
  bool cosmos;
  bool open;
  uint32_t warm_up;  // seconds
  uint32_t measure;
  uint32_t per_second;
};

// Partitions, resources and processes of one second of a stage, which holds its operations already.
void AddEvidenceOfSecond(const SampleEvidence& sample, v1::Phase stage, v1::Interval* interval);

// Adds what the second's samples contribute to the leg, when it belongs to the measure phase.
void AddToLeg(const SampleEvidence& sample, const v1::Interval& interval, v1::Leg* leg);

void AddEvidence(const SampleEvidence& sample, v1::Leg* leg);

// The run as it would be if a gate had failed on its first leg: INVALID, and UNVERIFIED when the
// user overrode the gate.
void SpoilSampleRun(bool overridden, v1::RunResult* run);

}  // namespace weir::test
