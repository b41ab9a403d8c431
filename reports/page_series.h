// The lines of the HTML report's charts, as JSON. Private to the HTML writer.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "proto/results.pb.h"
#include "reports/result_row.h"
#include "reports/results_store.h"

namespace weir {

// Seconds that one point of a chart covers; the same for all legs of a scenario, so that they can
// be read against each other.
struct PageWidths {
  uint32_t rates;
  uint32_t quantiles;  // wider when a second holds too few operations for a 99th percentile
};

absl::StatusOr<PageWidths> PageWidthsFor(const ResultsStore& store, const v1::RunResult& run,
                                         const std::string& scenario);

// {"load": {"records": […], "ru": […]}, "drive": {operation: {"ok": […], …}},
//  "response": {operation: {"p50": […], "p99": […]}}}; one number per point, in 1/s, RU/s and µs.
// "machines" and "partitions" beside them are as page_machines.h says.
absl::StatusOr<nlohmann::json> PageSeries(const ResultsStore& store, const v1::RunResult& run,
                                          const v1::Leg& leg, const PageWidths& widths);

// Response time in µs at x = 1/(1 − q) = 10^(i/20) for i = 0, 1, …, as far as the samples reach.
nlohmann::json PercentileCurve(const ResultRow& row);

// All metrics of the row in the order of their table: {"texts": […], "values": […]}.
nlohmann::json RowData(const ResultRow& row);

// Four significant digits; null for nothing, "inf" for infinity.
nlohmann::json DrawnNumber(std::optional<double> value);

}  // namespace weir
