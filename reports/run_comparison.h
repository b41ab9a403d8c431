// Runs beside each other that were not one comparison: their numbers and ratios, and never a
// verdict. What lies between two runs apart in time may be the machine as well as the database
// (R28). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "proto/results.pb.h"

namespace weir {

// One number of one operation of one leg, in the baseline run and in another.
struct RunDifference {
  std::string scenario;
  std::string target;
  std::string operation;  // "all operations", "load" or an operation's name
  std::string metric;
  double baseline = 0;
  double other = 0;
  bool more_is_better = false;

  double ratio() const { return other / baseline; }
  // By how much the other is worse, relative; 0 when it is not.
  double Regression() const;
};

// The metrics that `weir compare` shows.
std::vector<std::string> ComparedMetrics();

// Every metric that both runs have for the same scenario, target and operation, above zero. Of legs
// in several rounds the median of those that count.
std::vector<RunDifference> DifferencesOf(const v1::RunResult& baseline, const v1::RunResult& other,
                                         const std::vector<std::string>& metrics);

// What keeps the two from being asked the same: another seed, dataset, plan, version, verdict.
// Empty when nothing does.
std::vector<std::string> WhatDiffers(const v1::RunResult& baseline, const v1::RunResult& other);

}  // namespace weir
