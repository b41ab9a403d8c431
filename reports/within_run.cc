#include "reports/within_run.h"

#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "base/status.h"
#include "measure/block_bootstrap.h"
#include "measure/measured_window.h"
#include "measure/tally.h"
#include "reports/planned_response.h"
#include "reports/quantity.h"

namespace weir {
namespace {

constexpr std::array<double, 4> kQuantiles = {0.5, 0.9, 0.99, 0.999};
constexpr std::array<absl::string_view, 4> kMetrics = {"response_p50_us", "response_p90_us",
                                                       "response_p99_us", "response_p999_us"};

// What ended in one second of the measure phase.
absl::StatusOr<Tally> MeasuredIn(const v1::Leg& leg, const v1::Interval& interval) {
  Tally tally;
  for (const v1::OperationInterval& part : interval.operations()) {
    if (CountedPhase(leg, interval.second(), part) != v1::PHASE_MEASURE) continue;
    WEIR_RETURN_IF_ERROR(tally.Add(part.tally()));
  }
  return tally;
}

// A second in which nothing ended is left out: a stall shows in the seconds after it.
absl::StatusOr<std::vector<SecondCounts>> SecondsOf(const ResultsStore& store,
                                                    const v1::RunResult& run, const v1::Leg& leg) {
  std::vector<SecondCounts> seconds;
  const auto add = [&](v1::Phase stage, const v1::Interval& interval) -> absl::Status {
    if (stage == v1::PHASE_LOAD) return absl::OkStatus();
    WEIR_ASSIGN_OR_RETURN(const Tally tally, MeasuredIn(leg, interval));
    const uint64_t ended = Settled(tally.counts());
    const uint64_t ok = tally.response.count();
    if (ended > 0) seconds.emplace_back(tally.response, ended > ok ? ended - ok : 0);
    return absl::OkStatus();
  };
  WEIR_RETURN_IF_ERROR(store.ForEachInterval(run.id(), leg.index(), add));
  return seconds;
}

}  // namespace

std::string WithinRunText(const WithinRun& interval) {
  const bool open = std::isinf(interval.high_us);
  return absl::StrCat(DurationText(interval.low_us), " … ",
                      open ? "beyond the timeout" : DurationText(interval.high_us));
}

absl::StatusOr<std::vector<WithinRun>> WithinRunOf(const ResultsStore& store,
                                                   const v1::RunResult& run, const v1::Leg& leg) {
  std::vector<WithinRun> all;
  if (!leg.open_loop()) return all;
  WEIR_ASSIGN_OR_RETURN(const std::vector<SecondCounts> seconds, SecondsOf(store, run, leg));
  const auto intervals = WithinRunIntervals(seconds, kQuantiles, {});
  for (size_t i = 0; i < intervals.size(); ++i) {
    if (!intervals[i]) continue;
    all.push_back({std::string(kMetrics[i]), intervals[i]->low / 1e3, intervals[i]->high / 1e3});
  }
  return all;
}

}  // namespace weir
