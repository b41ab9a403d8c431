// A made-up run with everything that a report can show: two targets, load and measure, three
// agents, throttling, errors, and strings that would break out of a careless page, table or
// terminal.
#pragma once

#include "proto/results.pb.h"
#include "reports/results_store.h"

namespace weir::test {

inline constexpr char kHostileMarkup[] = "</script><b onclick=alert(1)>bold</b><!--";
inline constexpr char kHostileFormula[] = "=cmd|'/C calc'!A0";

// The run without its intervals.
v1::RunResult SampleRun();

// Saves the run and all its intervals, which add up to the results of the run.
absl::Status SaveSampleRun(ResultsStore& store);

}  // namespace weir::test
