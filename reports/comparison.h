// The verdicts of a run whose campaign compares (R25 to R28): pairs of runs, one per round, to a
// finding for each declared metric. Pure.
#pragma once

#include <string>

#include "proto/results.pb.h"

namespace weir {

// Everything that can be said of a finished comparison; of an unfinished or invalid one, why
// nothing can. Empty when the campaign compares nothing.
v1::ComparisonResult CompareRounds(const v1::RunResult& run);

// Why a metric cannot be declared as a primary one in the campaign; empty when it can.
std::string CheckPrimaryMetric(const v1::Campaign& campaign, const v1::PrimaryMetric& metric);

}  // namespace weir
