// A search for capacity in the text report and in capacity.csv: its probes, rate by rate. Pure.
#pragma once

#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

// "search", "confirm", "refute", "curve", "scaling".
std::string PurposeName(v1::ProbePurpose purpose);

// "passed", "missed", "generator-limited", "failed"; empty for a probe that was not run.
std::string ProbeEndName(v1::ProbeEnd end);

// "confirmed", "unconfirmed", "generator-limited", "limit-reached", "none".
std::string FindingName(v1::CapacityFinding finding);

// One probe in words, a cell for each head; response times of a closed loop are left out.
std::vector<std::string> ProbeHeads();
std::vector<std::string> ProbeCells(const v1::RunResult& run, const v1::Leg& leg);

// The legs of one search, in the order in which they ran; of the curve in the order of their rates.
std::vector<const v1::Leg*> ProbesOf(const v1::RunResult& run, const std::string& scenario,
                                     const std::string& target);

// Tables of one search, lines ending in '\n'. Closed loops have a table of their own: their
// response times omit queueing and are not shown (R33).
std::string ProbesTable(const v1::RunResult& run, const std::string& scenario,
                        const std::string& target, int width);
std::string ScalingTable(const v1::RunResult& run, const std::string& scenario,
                         const std::string& target, int width);

// What the Universal Scalability Law says of the closed loops, or why nothing; empty without any.
std::string ScalabilityText(const v1::Scalability& scalability);

}  // namespace weir
