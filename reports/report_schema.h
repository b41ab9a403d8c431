// The JSON Schema (draft-07) of report.json: for who reads it with a program. Made from the metrics
// and from the results' descriptors, so that it cannot lag behind what is written. Pure.
#pragma once

#include <string>

namespace weir {

// Raised whenever a reader of the last version could misread this one.
inline constexpr int kReportSchema = 1;

std::string ReportJsonSchema();

}  // namespace weir
