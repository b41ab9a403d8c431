#include "coordinator/tally_gates.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "coordinator/gate_table.h"
#include "measure/tally.h"
#include "reports/planned_response.h"
#include "reports/quantity.h"

namespace weir {
namespace {

struct Quantile {
  double q;
  const char* name;
};
constexpr Quantile kReported[] = {
    {0.5, "p50"}, {0.9, "p90"}, {0.99, "p99"}, {0.999, "p99.9"}, {0.9999, "p99.99"}};

// Two histograms may each overstate by a thousandth.
constexpr double kResolution = 0.002;

// Fewer operations than this say too little about an agent's median.
constexpr uint64_t kFewestForAgreement = 200;

// Infinite among operations without success.
std::string Us(double ns) { return std::isinf(ns) ? "beyond the timeout" : DurationText(ns / 1e3); }

std::string NameOf(const AgentNames& names, uint32_t agent) {
  return agent < names.size() ? names[agent] : absl::StrCat("agent ", agent);
}

std::string OperationName(const v1::Leg& leg, v1::Phase phase, uint32_t operation) {
  const auto position = static_cast<int>(operation);
  if (phase == v1::PHASE_LOAD || position >= leg.operations_size()) return "load";
  return leg.operations(position).name();
}

v1::Tally CountsOf(const v1::Leg& leg, v1::Phase phase) {
  v1::Tally counts;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == phase) AddCounts(result.total(), &counts);
  }
  return counts;
}

struct Worst {
  double ratio = 1;
  std::string saw;
  bool judged = false;
};

// Decoded into the same place again and again: there may be thousands of agents.
struct Responses {
  Histogram response;
  Histogram dispatch;

  bool Read(const v1::Tally& tally) {
    response.Clear();
    dispatch.Clear();
    return response.AddEncodedV2(tally.response()).ok() &&
           dispatch.AddEncodedV2(tally.dispatch_response()).ok();
  }
};

void Compare(const Responses& times, const std::string& operation, double floor_ns, Worst* worst) {
  for (const Quantile& quantile : kReported) {
    if (!times.response.CanReport(quantile.q)) continue;
    worst->judged = true;
    const auto response = static_cast<double>(times.response.ValueAtQuantile(quantile.q));
    const auto dispatch = static_cast<double>(times.dispatch.ValueAtQuantile(quantile.q));
    const double late = response - dispatch;
    const double ratio = response / std::max(1.0, dispatch);
    if (late <= std::max(floor_ns, kResolution * response) || ratio <= worst->ratio) continue;
    worst->ratio = ratio;
    worst->saw = absl::StrFormat(
        "%.2f at the %s of %s: %s from the intended start, %s from the "
        "dispatch",
        ratio, quantile.name, operation, Us(response), Us(dispatch));
  }
}

v1::GateResult ShareResult(const Worst& worst, const std::string& agent, double floor_ns) {
  if (!worst.judged) return NotMeasured(Gate::kGeneratorShare, agent, "too few operations");
  const std::string none =
      absl::StrCat("no quantile is later than ", Us(floor_ns), " by the generator");
  return MakeGateResult(Gate::kGeneratorShare, agent, worst.ratio <= LimitOf(Gate::kGeneratorShare),
                        worst.saw.empty() ? none : worst.saw);
}

// The lower one of two: the other is then the outlier.
double LowerMedian(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

bool Beyond(double value, double median, double floor_ns) {
  return value > LimitOf(Gate::kAgreement) * median && value - median > floor_ns;
}

void MarkOutliers(std::optional<double> (*value)(const v1::AgentSpread&), double floor_ns,
                  std::vector<v1::AgentSpread>* spreads) {
  std::vector<double> values;
  for (const v1::AgentSpread& spread : *spreads) {
    if (const auto known = value(spread)) values.push_back(*known);
  }
  if (values.size() < 2 || values.size() < spreads->size()) return;
  const double median = LowerMedian(values);
  for (v1::AgentSpread& spread : *spreads) {
    if (Beyond(*value(spread), median, floor_ns)) spread.set_outlier(true);
  }
}

std::optional<double> Known(double ns) { return ns > 0 ? std::optional<double>(ns) : std::nullopt; }

// Of one agent: its shares of the phase.
std::optional<v1::AgentSpread> SpreadOf(const std::vector<const v1::Tally*>& shares,
                                        Histogram* successes) {
  successes->Clear();
  v1::Tally counts;
  for (const v1::Tally* share : shares) {
    if (!successes->AddEncodedV2(share->response()).ok()) return std::nullopt;
    AddCounts(*share, &counts);
  }
  v1::AgentSpread spread;
  if (OperationsOf(counts) < kFewestForAgreement) return spread;
  const PlannedResponse response(*successes, OperationsOf(counts));
  spread.set_response_p50_ns(response.Quantile(0.5).value_or(0));
  spread.set_response_p99_ns(response.Quantile(0.99).value_or(0));
  return spread;
}

}  // namespace

v1::GateResult JudgeDispatched(const v1::Leg& leg, v1::Phase phase) {
  Histogram lag;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == phase && !lag.AddEncodedV2(result.total().lag()).ok()) {
      return NotMeasured(Gate::kDispatched, "", "the lag cannot be read");
    }
  }
  // Of what was lost nobody knows: JudgeLostReports.
  const v1::Tally counts = CountsOf(leg, phase);
  const uint64_t planned = counts.planned() - std::min(counts.planned(), counts.lost());
  if (planned == 0) return NotMeasured(Gate::kDispatched, "", "nothing was planned");
  uint64_t in_time = 0;
  lag.ForEachBucket([&](uint64_t value, uint64_t count) {
    if (value <= kDispatchedInTimeNs) in_time += count;
  });
  const double share = static_cast<double>(in_time) / static_cast<double>(planned);
  return MakeGateResult(
      Gate::kDispatched, "", share >= LimitOf(Gate::kDispatched),
      absl::StrFormat("%.4g %% dispatched within a second of their due time (%s of %s)",
                      100 * share, CountText(static_cast<double>(in_time)),
                      CountText(static_cast<double>(planned))));
}

std::vector<v1::GateResult> JudgeGeneratorShare(const v1::Leg& leg, v1::Phase phase,
                                                const AgentNames& names, double floor_ns) {
  std::map<std::optional<uint32_t>, Worst> worst;  // nothing: merged
  Responses times;
  const auto compare = [&](std::optional<uint32_t> agent, const v1::Tally& total,
                           uint32_t operation) {
    if (!times.Read(total)) return;
    Compare(times, OperationName(leg, phase, operation), floor_ns, &worst[agent]);
  };
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == phase) compare(std::nullopt, result.total(), result.operation());
  }
  for (const v1::AgentShare& share : leg.shares()) {
    if (share.phase() == phase) compare(share.agent(), share.total(), share.operation());
  }
  std::vector<v1::GateResult> results;
  for (const auto& [agent, found] : worst) {
    results.push_back(ShareResult(found, agent ? NameOf(names, *agent) : "", floor_ns));
  }
  return results;
}

v1::GateResult JudgeOverflow(const v1::Leg& leg, v1::Phase phase) {
  const uint64_t overflow = CountsOf(leg, phase).overflow();
  return MakeGateResult(Gate::kOverflow, "", overflow == 0,
                        absl::StrCat(overflow, " values beyond an hour"));
}

v1::GateResult JudgeLostReports(const v1::Leg& leg, v1::Phase phase) {
  const uint64_t lost = CountsOf(leg, phase).lost();
  return MakeGateResult(Gate::kLostReports, "", lost == 0,
                        absl::StrCat(lost, " operations lost with their agent"));
}

std::vector<v1::AgentSpread> SpreadsOf(const v1::Leg& leg, v1::Phase phase, double floor_ns) {
  std::map<uint32_t, std::vector<const v1::Tally*>> agents;
  for (const v1::AgentShare& share : leg.shares()) {
    if (share.phase() == phase) agents[share.agent()].push_back(&share.total());
  }
  Histogram successes;
  std::vector<v1::AgentSpread> spreads;
  for (const auto& [agent, shares] : agents) {
    const std::optional<v1::AgentSpread> spread = SpreadOf(shares, &successes);
    if (!spread) return {};
    spreads.push_back(*spread);
    spreads.back().set_agent(agent);
  }
  MarkOutliers([](const v1::AgentSpread& s) { return Known(s.response_p50_ns()); }, floor_ns,
               &spreads);
  MarkOutliers([](const v1::AgentSpread& s) { return Known(s.response_p99_ns()); }, floor_ns,
               &spreads);
  return spreads;
}

std::vector<v1::GateResult> JudgeAgreement(const std::vector<v1::AgentSpread>& spreads,
                                           const AgentNames& names) {
  if (spreads.size() < 2) return {NotMeasured(Gate::kAgreement, "", "there is one agent only")};
  std::vector<v1::GateResult> results;
  std::vector<double> medians;
  for (const v1::AgentSpread& spread : spreads) medians.push_back(spread.response_p50_ns());
  for (const v1::AgentSpread& spread : spreads) {
    if (!spread.outlier()) continue;
    const std::string p99 =
        spread.response_p99_ns() > 0 ? absl::StrCat(", p99 ", Us(spread.response_p99_ns())) : "";
    results.push_back(
        MakeGateResult(Gate::kAgreement, NameOf(names, spread.agent()), false,
                       absl::StrCat("response p50 ", Us(spread.response_p50_ns()), p99,
                                    "; the median agent's p50 is ", Us(LowerMedian(medians)))));
  }
  if (!results.empty()) return results;
  if (LowerMedian(medians) == 0) {
    return {NotMeasured(Gate::kAgreement, "", "too few operations of each agent")};
  }
  return {
      MakeGateResult(Gate::kAgreement, "", true, absl::StrCat(spreads.size(), " agents agree"))};
}

}  // namespace weir
