// The one table of reported numbers. Columns of summary.csv, report.json, the text table,
// thresholds and docs/summary-csv.md are all made from it: to report another number, add a line
// here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "reports/result_row.h"

namespace weir {

enum class Unit {
  kCount,
  kSeconds,
  kMicroseconds,
  kPerSecond,
  kShare,  // 0 … 1
  kRu,
  kRuPerSecond,
  kBytes,
};

struct Metric {
  absl::string_view name;  // unit last, as in response_p99_us
  Unit unit;
  bool (*applies)(const ResultRow&);  // null: to every row
  // Infinity: a quantile that falls among operations without success. Nothing: too few samples, or
  // nothing to divide by.
  std::optional<double> (*value)(const ResultRow&);
  absl::string_view doc;
};

enum class Better : uint8_t { kNeither, kLess, kMore };

// Of two values of the metric, which is better, all else being equal: times and request units want
// to be small, rates that the database achieved large. Counts and our own lateness are neither.
Better BetterOf(const Metric& metric);

absl::Span<const Metric> Metrics();
const Metric* FindMetric(absl::string_view name);  // null when there is none
absl::string_view NearestMetricName(absl::string_view name);

// The value of a metric that applies to the row; nothing otherwise.
std::optional<double> ValueOf(const Metric& metric, const ResultRow& row);
std::optional<double> ValueOf(absl::string_view name, const ResultRow& row);

// For machines: no thousands separators, as many decimals as the unit deserves, "inf", and an empty
// string for nothing.
std::string MachineText(const Metric& metric, std::optional<double> value);

// For people: "12.4 ms", "1,998 /s", "> 30 s" for infinity, "–" for nothing.
std::string HumanText(const Metric& metric, std::optional<double> value, double timeout_us);

// "µs", "operations/s", …: how the documentation names the unit.
absl::string_view UnitName(Unit unit);

}  // namespace weir
