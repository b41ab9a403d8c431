#include "reports/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"

#include "reports/planned_response.h"
#include "reports/quantity.h"

namespace weir {
namespace {

using Number = std::optional<double>;

bool Charged(const ResultRow& row) { return HasCharge(row.leg); }

Number Ratio(double part, double whole) {
  if (whole <= 0) return std::nullopt;
  return part / whole;
}

Number Response(const ResultRow& row, double q) {
  const Number ns = PlannedResponse::OfPhase(row.tally).Quantile(q);
  if (!ns) return std::nullopt;
  return *ns / 1e3;
}

// Of the values that a histogram holds, divided by `scale`.
Number Recorded(const Histogram& histogram, double q, double scale = 1e3) {
  if (!histogram.CanReport(q)) return std::nullopt;
  return static_cast<double>(histogram.ValueAtQuantile(q)) / scale;
}

Number Highest(const Histogram& histogram) {
  if (histogram.empty()) return std::nullopt;
  return static_cast<double>(histogram.Max()) / 1e3;
}

Number PerSecond(const ResultRow& row, double amount) { return Ratio(amount, row.seconds); }

double Ru(uint64_t milli_ru) { return static_cast<double>(milli_ru) / 1e3; }

double Lost(const v1::Tally& counts) {
  return static_cast<double>(OperationsOf(counts) - EndedOperations(counts));
}

// One line of the table; `expression` sees the row as `row` and its counts as `n`.
#define WEIR_METRIC(name, unit, applies, expression, doc)           \
  Metric {                                                          \
    name, unit, applies,                                            \
        [](const ResultRow& row) -> Number {                        \
          [[maybe_unused]] const v1::Tally& n = row.tally.counts(); \
          return expression;                                        \
        },                                                          \
        doc                                                         \
  }

// clang-format off
constexpr auto kMetrics = std::to_array<Metric>({
    WEIR_METRIC("duration_s", Unit::kSeconds, nullptr,
                row.seconds > 0 ? Number(row.seconds) : std::nullopt,
                "Length of the phase: as planned (measure), as taken (load). "
                "All rates divide by it."),

    WEIR_METRIC("planned", Unit::kCount, nullptr, n.planned(),
                "Operations whose intended start lies in the phase."),
    WEIR_METRIC("ok", Unit::kCount, nullptr, n.ok(), "Operations that succeeded."),
    WEIR_METRIC("not_found", Unit::kCount, nullptr, n.not_found(),
                "Operations whose record was not there."),
    WEIR_METRIC("conflict", Unit::kCount, nullptr, n.conflict(),
                "Operations whose record was there already, or whose condition failed."),
    WEIR_METRIC("throttled", Unit::kCount, nullptr, n.throttled(),
                "Operations refused for lack of provisioned throughput, retries used up."),
    WEIR_METRIC("timed_out", Unit::kCount, nullptr, n.timed_out(),
                "Operations unanswered in time; their effect is unknown."),
    WEIR_METRIC("failed", Unit::kCount, nullptr, n.failed(),
                "Operations that the database refused or failed."),
    WEIR_METRIC("in_doubt", Unit::kCount, nullptr, n.in_doubt(),
                "Operations whose connection was lost after sending; their effect is unknown."),
    WEIR_METRIC("unsent", Unit::kCount, nullptr, n.unsent(),
                "Operations never sent: older than the timeout, or the run stopped first."),
    WEIR_METRIC("lost", Unit::kCount, nullptr, Lost(n),
                "Operations whose end nobody reported, because their agent was lost."),
    WEIR_METRIC("error_share", Unit::kShare, nullptr,
                Ratio(static_cast<double>(Unsuccessful(n)), static_cast<double>(OperationsOf(n))),
                "Share of the planned operations that did not succeed, for whatever reason."),

    WEIR_METRIC("attempts", Unit::kCount, nullptr, n.attempts(),
                "Everything that was sent; an operation may take several attempts."),
    WEIR_METRIC("retries", Unit::kCount, nullptr, n.retries(),
                "Attempts after the first of an operation."),
    WEIR_METRIC("throttled_attempts", Unit::kCount, nullptr, n.throttled_attempts(),
                "Attempts refused for lack of provisioned throughput (HTTP 429)."),
    WEIR_METRIC("throttled_share", Unit::kShare, nullptr,
                Ratio(static_cast<double>(n.throttled_attempts()),
                      static_cast<double>(n.attempts())),
                "Share of the attempts that were throttled."),

    WEIR_METRIC("throughput_ops_per_s", Unit::kPerSecond, nullptr,
                PerSecond(row, static_cast<double>(n.ok())), "Successful operations per second."),
    WEIR_METRIC("planned_ops_per_s", Unit::kPerSecond, nullptr,
                PerSecond(row, static_cast<double>(n.planned())), "Planned operations per second."),
    WEIR_METRIC("records", Unit::kCount, nullptr, n.records(),
                "Records written or returned by successful operations."),
    WEIR_METRIC("records_per_s", Unit::kPerSecond, nullptr,
                PerSecond(row, static_cast<double>(n.records())), "Those records per second."),

    WEIR_METRIC("response_p50_us", Unit::kMicroseconds, nullptr, Response(row, 0.5),
                "Response time, median: from the intended start to completion, over all planned "
                "operations; one without success counts as infinitely slow."),
    WEIR_METRIC("response_p90_us", Unit::kMicroseconds, nullptr, Response(row, 0.9),
                "The same, 90th percentile."),
    WEIR_METRIC("response_p95_us", Unit::kMicroseconds, nullptr, Response(row, 0.95),
                "The same, 95th percentile."),
    WEIR_METRIC("response_p99_us", Unit::kMicroseconds, nullptr, Response(row, 0.99),
                "The same, 99th percentile."),
    WEIR_METRIC("response_p999_us", Unit::kMicroseconds, nullptr, Response(row, 0.999),
                "The same, 99.9th percentile."),
    WEIR_METRIC("response_p9999_us", Unit::kMicroseconds, nullptr, Response(row, 0.9999),
                "The same, 99.99th percentile."),
    WEIR_METRIC("ok_response_mean_us", Unit::kMicroseconds, nullptr,
                row.tally.response.empty() ? std::nullopt : Number(row.tally.response.Mean() / 1e3),
                "Response time of successful operations only, mean."),
    WEIR_METRIC("ok_response_p50_us", Unit::kMicroseconds, nullptr,
                Recorded(row.tally.response, 0.5),
                "Response time of successful operations only, median."),
    WEIR_METRIC("ok_response_p99_us", Unit::kMicroseconds, nullptr,
                Recorded(row.tally.response, 0.99),
                "Response time of successful operations only, 99th percentile."),
    WEIR_METRIC("ok_response_p999_us", Unit::kMicroseconds, nullptr,
                Recorded(row.tally.response, 0.999),
                "Response time of successful operations only, 99.9th percentile."),
    WEIR_METRIC("ok_response_max_us", Unit::kMicroseconds, nullptr, Highest(row.tally.response),
                "Response time of successful operations only, slowest."),
    WEIR_METRIC("failed_response_p50_us", Unit::kMicroseconds, nullptr,
                Recorded(row.tally.failed_response, 0.5),
                "Time from the intended start to the end of operations that were sent and did not "
                "succeed, median."),
    WEIR_METRIC("service_p50_us", Unit::kMicroseconds, nullptr,
                Recorded(row.tally.service, 0.5),
                "Service time of successful operations, median: from sending the last attempt to "
                "its completion."),
    WEIR_METRIC("service_p99_us", Unit::kMicroseconds, nullptr,
                Recorded(row.tally.service, 0.99),
                "Service time of successful operations, 99th percentile."),
    WEIR_METRIC("service_p999_us", Unit::kMicroseconds, nullptr,
                Recorded(row.tally.service, 0.999),
                "Service time of successful operations, 99.9th percentile."),
    WEIR_METRIC("wait_p50_us", Unit::kMicroseconds, nullptr, Recorded(row.tally.wait, 0.5),
                "Wait for a free session, median: from dispatch to the first sending."),
    WEIR_METRIC("wait_p99_us", Unit::kMicroseconds, nullptr, Recorded(row.tally.wait, 0.99),
                "Wait for a free session, 99th percentile."),
    WEIR_METRIC("lag_p50_us", Unit::kMicroseconds, nullptr, Recorded(row.tally.lag, 0.5),
                "Lateness of the load generator, median: from the intended start to dispatch."),
    WEIR_METRIC("lag_p99_us", Unit::kMicroseconds, nullptr, Recorded(row.tally.lag, 0.99),
                "Lateness of the load generator, 99th percentile."),
    WEIR_METRIC("lag_max_us", Unit::kMicroseconds, nullptr, Highest(row.tally.lag),
                "Lateness of the load generator, largest."),

    WEIR_METRIC("ru_total", Unit::kRu, Charged, Ru(n.milli_ru()),
                "Request units of all attempts, failed and throttled ones included."),
    WEIR_METRIC("ru_wasted", Unit::kRu, Charged, Ru(n.wasted_milli_ru()),
                "Request units spent by attempts that did not succeed."),
    WEIR_METRIC("ru_per_operation", Unit::kRu, Charged,
                Ratio(Ru(n.milli_ru()), static_cast<double>(n.ok())),
                "ru_total ÷ ok."),
    WEIR_METRIC("ru_per_record", Unit::kRu, Charged,
                Ratio(Ru(n.milli_ru()), static_cast<double>(n.records())),
                "ru_total ÷ records."),
    WEIR_METRIC("ru_p50", Unit::kRu, Charged, Recorded(row.tally.charge, 0.5),
                "Request units of one successful operation, all its attempts, median."),
    WEIR_METRIC("ru_p99", Unit::kRu, Charged, Recorded(row.tally.charge, 0.99),
                "Request units of one successful operation, all its attempts, 99th percentile."),
    WEIR_METRIC("ru_per_s", Unit::kRuPerSecond, Charged, PerSecond(row, Ru(n.milli_ru())),
                "Request units per second, mean over the phase."),

    WEIR_METRIC("bytes_sent", Unit::kBytes, nullptr, n.bytes_sent(),
                "Payload handed to the database's client library."),
    WEIR_METRIC("bytes_received", Unit::kBytes, nullptr, n.bytes_received(),
                "Payload received from the database."),
});
// clang-format on

#undef WEIR_METRIC

int Decimals(Unit unit) {
  switch (unit) {
    case Unit::kCount:
    case Unit::kBytes:
      return 0;
    case Unit::kShare:
      return 6;
    default:
      return 3;
  }
}

size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string Infinite(double timeout_us) {
  if (timeout_us <= 0) return "no success";
  return "> " + absl::StrReplaceAll(DurationText(timeout_us), {{".00 ", " "}, {".0 ", " "}});
}

}  // namespace

absl::Span<const Metric> Metrics() { return kMetrics; }

const Metric* FindMetric(absl::string_view name) {
  const auto* found = std::find_if(kMetrics.begin(), kMetrics.end(),
                                   [&](const Metric& m) { return m.name == name; });
  return found == kMetrics.end() ? nullptr : found;
}

absl::string_view NearestMetricName(absl::string_view name) {
  const Metric* nearest = nullptr;
  size_t least = 0;
  for (const Metric& metric : kMetrics) {
    const bool shortened = !name.empty() && absl::StartsWith(metric.name, name);
    const size_t distance = shortened ? 0 : EditDistance(name, metric.name);
    if (nearest != nullptr && distance >= least) continue;
    nearest = &metric;
    least = distance;
  }
  return nearest->name;
}

std::optional<double> ValueOf(const Metric& metric, const ResultRow& row) {
  if (metric.applies != nullptr && !metric.applies(row)) return std::nullopt;
  return metric.value(row);
}

std::optional<double> ValueOf(absl::string_view name, const ResultRow& row) {
  const Metric* metric = FindMetric(name);
  return metric == nullptr ? std::nullopt : ValueOf(*metric, row);
}

std::string MachineText(const Metric& metric, std::optional<double> value) {
  if (!value) return "";
  if (std::isinf(*value)) return "inf";
  std::array<char, 64> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), *value,
                                    std::chars_format::fixed, Decimals(metric.unit));
  return {text.data(), result.ptr};
}

std::string HumanText(const Metric& metric, std::optional<double> value, double timeout_us) {
  if (!value) return "–";
  if (std::isinf(*value)) return Infinite(timeout_us);
  switch (metric.unit) {
    case Unit::kCount:
      return CountText(*value);
    case Unit::kSeconds:
      return DurationText(*value * 1e6);
    case Unit::kMicroseconds:
      return DurationText(*value);
    case Unit::kPerSecond:
      return CountText(*value) + " /s";
    case Unit::kShare:
      return ShareText(*value);
    case Unit::kRu:
      return CountText(*value) + " RU";
    case Unit::kRuPerSecond:
      return CountText(*value) + " RU/s";
    case Unit::kBytes:
      return BytesText(*value);
  }
  return "–";
}

absl::string_view UnitName(Unit unit) {
  switch (unit) {
    case Unit::kCount:
      return "count";
    case Unit::kSeconds:
      return "s";
    case Unit::kMicroseconds:
      return "µs";
    case Unit::kPerSecond:
      return "1/s";
    case Unit::kShare:
      return "share, 0 … 1";
    case Unit::kRu:
      return "RU";
    case Unit::kRuPerSecond:
      return "RU/s";
    case Unit::kBytes:
      return "bytes";
  }
  return "";
}

}  // namespace weir
