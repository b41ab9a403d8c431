// Whether, and from when, a measure phase was steady (R19). Pure and deterministic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

// One value per second of the measure phase. All series of a phase are of one length.
struct SecondSeries {
  std::string name;   // "throughput", "response_p50", "response_p99", "ru"
  std::string words;  // "the throughput"
  double scale = 1;   // from the value to the unit in which it is told
  std::string unit;   // "/s", " ms"
  std::vector<double> values;
};

inline constexpr uint32_t kLeastSteadySeconds = 60;

// Judges the series; `first_second` is the second of the stage that the first value belongs to.
// When the phase was steady but for its start, cut_seconds says how much of it the caller is to
// count as warm-up.
v1::Steadiness JudgeSteadiness(const std::vector<SecondSeries>& series, uint32_t first_second);

}  // namespace weir
