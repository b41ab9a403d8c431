// Whether a run may pass, for those who build on it without looking: its own verdict, its
// thresholds, the findings of its comparison, and how far it is from a baseline run. Pure.
#pragma once

#include <string>
#include <vector>

#include "proto/results.pb.h"
#include "reports/run_comparison.h"

namespace weir {

struct GateCheck {
  std::string group;  // "validity", "threshold", "finding", "regression"
  std::string name;   // what is checked
  bool passed = false;
  std::string saw;
};

struct GateLimits {
  double regression = 0.10;          // that the baseline comparison allows, relative
  std::vector<std::string> metrics;  // of it; the usual ones when empty
};

// `baseline` may be null. In the order in which they are told.
std::vector<GateCheck> CheckRun(const v1::RunResult& run, const v1::RunResult* baseline,
                                const GateLimits& limits);

bool Passes(const std::vector<GateCheck>& checks);

// JUnit's XML, as continuous-integration servers read it: one suite, a case per check.
std::string GateJUnit(const v1::RunResult& run, const std::vector<GateCheck>& checks);

// A summary for a page that renders Markdown.
std::string GateMarkdown(const v1::RunResult& run, const std::vector<GateCheck>& checks);

}  // namespace weir
