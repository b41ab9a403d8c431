// What a comparison looks like in the text report: its findings, and the pairs behind them.
#pragma once

#include <string>

#include "proto/results.pb.h"

namespace weir {

// The runs of the comparison, in words: "10 rounds of 2 targets, in random order; 2 verdicts are
// one family at 0.05 (Holm)".
std::string DesignText(const v1::ComparisonResult& whole);

// Per round the values of every declared metric on every target, for one scenario. Lines ending in
// '\n'; empty when there are none.
std::string RoundsTable(const v1::RunResult& run, const std::string& scenario, int width);

}  // namespace weir
