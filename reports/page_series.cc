#include "reports/page_series.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "reports/machine_use.h"
#include "reports/metrics.h"
#include "reports/page_machines.h"
#include "reports/planned_response.h"
#include "reports/series.h"

namespace weir {
namespace {

using nlohmann::json;

constexpr uint32_t kMostPoints = 2000;
constexpr uint32_t kWidestQuantiles = 30;
constexpr double kOperationsForP99 = 200;
constexpr char kAllOperations[] = "all operations";

// Operations that the leg planned per second of its measure phase; 0 when unknown.
double PlannedPerSecond(const v1::Leg& leg) {
  double operations = 0;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == v1::PHASE_MEASURE) {
      operations += static_cast<double>(result.total().planned());
    }
  }
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() == v1::PHASE_MEASURE && span.duration_ns() > 0) {
      return operations * 1e9 / static_cast<double>(span.duration_ns());
    }
  }
  return 0;
}

uint32_t QuantileWidth(double operations_per_second, uint32_t rates) {
  if (operations_per_second <= 0) return rates;
  const double wanted = std::ceil(kOperationsForP99 / operations_per_second);
  const auto width = static_cast<uint32_t>(std::min<double>(wanted, kWidestQuantiles));
  return std::max(width, rates);
}

double Rate(uint64_t count, double seconds) { return static_cast<double>(count) / seconds; }

std::optional<double> PerOperation(double ru, uint64_t operations) {
  if (operations == 0) return std::nullopt;
  return ru / static_cast<double>(operations);
}

std::optional<double> Microseconds(std::optional<double> ns) {
  if (ns) *ns /= 1e3;
  return ns;
}

void AddLoadPoint(const SeriesPoint& point, json* load) {
  uint64_t records = 0;
  uint64_t milli_ru = 0;
  for (const Tally& tally : point.operations) {
    records += tally.counts().records();
    milli_ru += tally.counts().milli_ru();
  }
  (*load)["records"].push_back(DrawnNumber(Rate(records, point.seconds)));
  (*load)["ru"].push_back(DrawnNumber(Rate(milli_ru, point.seconds) / 1e3));
}

void AddRates(const v1::Tally& counts, double seconds, json* lines) {
  const double ru = static_cast<double>(counts.milli_ru()) / 1e3;
  const uint64_t issued = counts.attempts() - std::min(counts.attempts(), counts.retries());
  (*lines)["planned"].push_back(DrawnNumber(Rate(counts.planned(), seconds)));
  (*lines)["issued"].push_back(DrawnNumber(Rate(issued, seconds)));
  (*lines)["ok"].push_back(DrawnNumber(Rate(counts.ok(), seconds)));
  (*lines)["failed"].push_back(DrawnNumber(Rate(Settled(counts) - counts.ok(), seconds)));
  (*lines)["throttled"].push_back(DrawnNumber(Rate(counts.throttled_attempts(), seconds)));
  (*lines)["ru"].push_back(DrawnNumber(ru / seconds));
  (*lines)["ru_per_operation"].push_back(DrawnNumber(PerOperation(ru, counts.ok())));
}

void AddQuantiles(const Tally& tally, json* lines) {
  const PlannedResponse response = PlannedResponse::OfSecond(tally);
  (*lines)["p50"].push_back(DrawnNumber(Microseconds(response.RoughQuantile(0.5))));
  (*lines)["p99"].push_back(DrawnNumber(Microseconds(response.RoughQuantile(0.99))));
}

// Calls add(tally, lines of that operation) for each operation and for their sum.
template <typename Add>
void ForEachLine(const v1::Leg& leg, const SeriesPoint& point, json* operations, Add add) {
  static const auto* const kNothing = new Tally();
  Tally all;
  for (int i = 0; i < leg.operations_size(); ++i) {
    const bool seen = static_cast<size_t>(i) < point.operations.size();
    const Tally& tally = seen ? point.operations[i] : *kNothing;
    add(tally, &(*operations)[leg.operations(i).name()]);
    if (seen) all.Add(tally);
  }
  add(all, &(*operations)[kAllOperations]);
}

}  // namespace

json DrawnNumber(std::optional<double> value) {
  if (!value) return nullptr;
  if (std::isinf(*value)) return "inf";
  if (*value == 0) return 0;
  const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(*value))));
  const double rounded = std::round(*value * scale) / scale;
  if (rounded == std::floor(rounded) && rounded < 1e15) return static_cast<int64_t>(rounded);
  return rounded;
}

absl::StatusOr<PageWidths> PageWidthsFor(const ResultsStore& store, const v1::RunResult& run,
                                         const std::string& scenario) {
  PageWidths widths = {1, 1};
  for (const v1::Leg& leg : run.legs()) {
    if (leg.scenario() != scenario) continue;
    WEIR_ASSIGN_OR_RETURN(const uint32_t width, WidthFor(store, run.id(), leg, kMostPoints));
    widths.rates = std::max(widths.rates, width);
    widths.quantiles =
        std::max(widths.quantiles, QuantileWidth(PlannedPerSecond(leg), widths.rates));
  }
  return widths;
}

absl::StatusOr<json> PageSeries(const ResultsStore& store, const v1::RunResult& run,
                                const v1::Leg& leg, const PageWidths& widths) {
  json series;
  for (const char* part : {"load", "drive", "response", "machines", "partitions"}) {
    series[part] = json::object();
  }
  const v1::Phase judged = JudgedPhase(leg);
  size_t index = 0;
  WEIR_RETURN_IF_ERROR(
      ForEachPoint(store, run.id(), leg, widths.rates, [&](const SeriesPoint& point) {
        if (point.stage == judged) {
          AddMachinePoint(run, point, index, &series["machines"]);
          AddPartitionPoint(leg, point, index, &series["partitions"]);
          ++index;
        }
        if (point.stage == v1::PHASE_LOAD) return AddLoadPoint(point, &series["load"]);
        ForEachLine(leg, point, &series["drive"], [&](const Tally& tally, json* lines) {
          AddRates(tally.counts(), point.seconds, lines);
        });
      }));
  WEIR_RETURN_IF_ERROR(
      ForEachPoint(store, run.id(), leg, widths.quantiles, [&](const SeriesPoint& point) {
        if (point.stage == v1::PHASE_LOAD) return;
        ForEachLine(leg, point, &series["response"], AddQuantiles);
      }));
  return series;
}

json RowData(const ResultRow& row) {
  json texts = json::array();
  json values = json::array();
  for (const Metric& metric : Metrics()) {
    const std::optional<double> value = ValueOf(metric, row);
    texts.push_back(HumanText(metric, value, row.timeout_us));
    values.push_back(DrawnNumber(value));
  }
  return {{"texts", texts}, {"values", values}};
}

json PercentileCurve(const ResultRow& row) {
  constexpr int kStepsPerDecade = 20;
  constexpr int kDecades = 7;
  const PlannedResponse response = PlannedResponse::OfPhase(row.tally);
  json curve = json::array();
  for (int i = 0; i <= kStepsPerDecade * kDecades; ++i) {
    const double q = 1 - std::pow(10, -static_cast<double>(i) / kStepsPerDecade);
    const std::optional<double> us = Microseconds(response.Quantile(q));
    if (!us || std::isinf(*us)) break;
    curve.push_back(DrawnNumber(us));
  }
  return curve;
}

}  // namespace weir
