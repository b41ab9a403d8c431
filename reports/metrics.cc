#include "reports/metrics.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/match.h"

#include "reports/machine_use.h"
#include "reports/planned_response.h"

namespace weir {
namespace {

using Number = std::optional<double>;

bool Charged(const ResultRow& row) { return HasCharge(row.leg); }

Number Ratio(double part, double whole) {
  if (whole <= 0) return std::nullopt;
  return part / whole;
}

Number Microseconds(Number ns) {
  if (ns) *ns /= 1e3;
  return ns;
}

Number Response(const ResultRow& row, double q) {
  return Microseconds(PlannedResponse::OfPhase(row.tally).Quantile(q));
}

Number DispatchResponse(const ResultRow& row, double q) {
  const PlannedResponse response(row.tally.dispatch_response, OperationsOf(row.tally.counts()));
  return Microseconds(response.Quantile(q));
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

double Issued(const v1::Tally& counts) {
  return static_cast<double>(counts.attempts() - std::min(counts.attempts(), counts.retries()));
}

bool Timed(const ResultRow& row) { return !row.tally.server_time.empty(); }

// What is known of the machines is known of one phase and of all its operations together.
Number CpuPerOperation(const ResultRow& row, uint64_t cpu_ns) {
  return Ratio(static_cast<double>(cpu_ns) / 1e3,
               static_cast<double>(SucceededIn(row.leg, row.phase)));
}
bool KnowsAgentCpu(const ResultRow& row) {
  return row.phase == JudgedPhase(row.leg) && row.leg.resources_size() > 0;
}
bool KnowsDatabaseCpu(const ResultRow& row) {
  return row.phase == JudgedPhase(row.leg) && row.leg.processes_size() > 0;
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
    WEIR_METRIC("lost", Unit::kCount, nullptr, n.lost(),
                "Operations whose end nobody reported, because their agent was lost."),
    WEIR_METRIC("unaccounted", Unit::kCount, nullptr, Unaccounted(n),
                "planned less all that ended, was unsent or lost; anything but 0 makes a run "
                "invalid."),
    WEIR_METRIC("error_share", Unit::kShare, nullptr,
                Ratio(static_cast<double>(Unsuccessful(n)), static_cast<double>(OperationsOf(n))),
                "Share of the planned operations that did not succeed, for whatever reason."),

    WEIR_METRIC("issued", Unit::kCount, nullptr, Issued(n),
                "Operations that were sent at least once."),
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
                PerSecond(row, static_cast<double>(n.planned())),
                "Planned operations per second: the load that was offered."),
    WEIR_METRIC("issued_ops_per_s", Unit::kPerSecond, nullptr, PerSecond(row, Issued(n)),
                "Operations sent per second: the load that was achieved."),
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
    WEIR_METRIC("dispatch_response_p50_us", Unit::kMicroseconds, nullptr,
                DispatchResponse(row, 0.5),
                "Response time without the load generator's own lateness, median: from dispatch to "
                "completion, over all planned operations."),
    WEIR_METRIC("dispatch_response_p99_us", Unit::kMicroseconds, nullptr,
                DispatchResponse(row, 0.99), "The same, 99th percentile."),
    WEIR_METRIC("dispatch_response_p999_us", Unit::kMicroseconds, nullptr,
                DispatchResponse(row, 0.999), "The same, 99.9th percentile."),
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
    WEIR_METRIC("server_time_p50_us", Unit::kMicroseconds, Timed,
                Recorded(row.tally.server_time, 0.5),
                "Time that the server says it took for an attempt, median; empty where it does not "
                "say."),
    WEIR_METRIC("server_time_p99_us", Unit::kMicroseconds, Timed,
                Recorded(row.tally.server_time, 0.99), "The same, 99th percentile."),
    WEIR_METRIC("wait_p50_us", Unit::kMicroseconds, nullptr, Recorded(row.tally.wait, 0.5),
                "Wait for a free session, median: from dispatch to the first sending."),
    WEIR_METRIC("wait_p99_us", Unit::kMicroseconds, nullptr, Recorded(row.tally.wait, 0.99),
                "Wait for a free session, 99th percentile."),
    WEIR_METRIC("lag_p50_us", Unit::kMicroseconds, nullptr, Recorded(row.tally.lag, 0.5),
                "Lateness of the load generator, median: from the intended start to dispatch."),
    WEIR_METRIC("lag_p99_us", Unit::kMicroseconds, nullptr, Recorded(row.tally.lag, 0.99),
                "Lateness of the load generator, 99th percentile."),
    WEIR_METRIC("lag_p999_us", Unit::kMicroseconds, nullptr, Recorded(row.tally.lag, 0.999),
                "Lateness of the load generator, 99.9th percentile."),
    WEIR_METRIC("lag_max_us", Unit::kMicroseconds, nullptr, Highest(row.tally.lag),
                "Lateness of the load generator, largest."),
    WEIR_METRIC("overflow", Unit::kCount, nullptr, row.tally.Overflow(),
                "Values beyond one hour, counted as one hour; any make a run invalid."),

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

    WEIR_METRIC("agent_cpu_per_operation_us", Unit::kMicroseconds, KnowsAgentCpu,
                CpuPerOperation(row, AgentCpuNs(row.leg)),
                "CPU time of the agents ÷ successful operations, spinning included. Over all "
                "operations of the measure phase, or of the load where nothing is measured: the "
                "same in each of its rows."),
    WEIR_METRIC("database_cpu_per_operation_us", Unit::kMicroseconds, KnowsDatabaseCpu,
                CpuPerOperation(row, DatabaseCpuNs(row.run, row.leg)),
                "CPU time of the database's processes ÷ successful operations, where they run on "
                "an agent's machine. The same in each row of the phase, too."),
});
// clang-format on

#undef WEIR_METRIC

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

}  // namespace

Better BetterOf(const Metric& metric) {
  if (absl::StartsWith(metric.name, "lag_") || absl::StartsWith(metric.name, "failed_")) {
    return Better::kNeither;
  }
  switch (metric.unit) {
    case Unit::kMicroseconds:
    case Unit::kRu:
      return Better::kLess;
    case Unit::kPerSecond:
      return metric.name == "planned_ops_per_s" ? Better::kNeither : Better::kMore;
    default:
      return Better::kNeither;
  }
}

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

}  // namespace weir
