#include "reports/page_evidence.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/status.h"
#include "reports/evidence_text.h"
#include "reports/leg_text.h"
#include "reports/machine_use.h"
#include "reports/page_series.h"
#include "reports/partition_use.h"
#include "reports/planned_response.h"
#include "reports/quantity.h"
#include "reports/result_row.h"

namespace weir {
namespace {

using nlohmann::json;

constexpr size_t kMostPartitions = 40;

json TextsOf(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return std::vector<std::string>(texts.begin(), texts.end());
}

std::string Nanoseconds(double ns) { return DurationText(ns / 1e3); }

std::string Count(uint64_t count) { return CountText(static_cast<double>(count)); }

// ---------------------------------------------------------------------------------- trust

json GateData(const v1::ValidityVerdict& verdict, const v1::GateResult& gate) {
  return {{"name", GateTitle(gate)}, {"agent", gate.agent()},
          {"passed", gate.passed()}, {"overridden", !gate.passed() && IsOverridden(verdict, gate)},
          {"saw", gate.saw()},       {"limit", gate.limit()},
          {"advice", gate.advice()}};
}

// Those that failed first.
json GatesData(const google::protobuf::RepeatedPtrField<v1::GateResult>& gates,
               const v1::ValidityVerdict& verdict) {
  json list = json::array();
  for (const bool passed : {false, true}) {
    for (const v1::GateResult& gate : gates) {
      if (gate.passed() == passed) list.push_back(GateData(verdict, gate));
    }
  }
  return list;
}

json HeadroomData(const v1::Leg& leg) {
  if (!leg.has_headroom()) return nullptr;
  const v1::Headroom& headroom = leg.headroom();
  const std::string rate = CountText(headroom.rate_per_second()) + " /s";
  return {
      {"proven", headroom.proven()},
      {"text", absl::StrFormat("%s, %.3g times the load of this scenario, against a target that "
                               "answers at once",
                               rate, headroom.rate_factor())},
      {"gates", GatesData(headroom.gates(), leg.verdict())}};
}

struct AgentStart {
  int64_t lateness_ns = 0;
  int64_t skew_ns = 0;
  int64_t bound_ns = 0;
};

AgentStart StartOf(const v1::Leg& leg, uint32_t agent) {
  AgentStart start;
  for (const v1::AgentShare& share : leg.shares()) {
    if (share.agent() != agent || share.phase() == v1::PHASE_LOAD) continue;
    start.lateness_ns = std::max(start.lateness_ns, share.start_lateness_ns());
    if (std::abs(share.start_skew_ns()) < std::abs(start.skew_ns)) continue;
    start.skew_ns = share.start_skew_ns();
    start.bound_ns = share.start_skew_bound_ns();
  }
  return start;
}

const v1::AgentFacts* FactsOf(const v1::RunResult& run, uint32_t index) {
  for (const v1::AgentFacts& agent : run.agents()) {
    if (agent.index() == index) return &agent;
  }
  return nullptr;
}

bool IsOutlier(const v1::Leg& leg, uint32_t agent) {
  return std::any_of(
      leg.spreads().begin(), leg.spreads().end(),
      [&](const v1::AgentSpread& spread) { return spread.agent() == agent && spread.outlier(); });
}

std::string WithBound(int64_t ns, int64_t bound_ns) {
  const std::string value = Nanoseconds(static_cast<double>(ns));
  if (bound_ns == 0) return value;
  return absl::StrCat(value, " ± ", Nanoseconds(static_cast<double>(bound_ns)));
}

absl::StatusOr<json> AgentsOf(const v1::RunResult& run, const v1::Leg& leg) {
  const v1::Phase phase = JudgedPhase(leg);
  std::set<uint32_t> indexes;
  for (const v1::AgentShare& share : leg.shares()) indexes.insert(share.agent());
  json agents = json::array();
  for (const uint32_t index : indexes) {
    WEIR_ASSIGN_OR_RETURN(const ResultRow row, AgentRow(run, leg, phase, index));
    json agent = RowData(row);
    const AgentStart start = StartOf(leg, index);
    const v1::AgentFacts* facts = FactsOf(run, index);
    agent["agent"] = AgentName(run, index);
    agent["outlier"] = IsOutlier(leg, index);
    agent["lateness"] = Nanoseconds(static_cast<double>(start.lateness_ns));
    agent["skew"] = WithBound(start.skew_ns, start.bound_ns);
    agent["clock"] = facts == nullptr
                         ? "–"
                         : WithBound(facts->clock_offset_ns(), facts->clock_offset_bound_ns());
    agent["drift"] = facts == nullptr ? "–" : absl::StrFormat("%.2g ppm", facts->clock_drift_ppm());
    agents.push_back(std::move(agent));
  }
  return agents;
}

absl::StatusOr<json> ConservationData(const v1::RunResult& run, const v1::Leg& leg) {
  const v1::Phase phase = JudgedPhase(leg);
  if (!HasPhase(leg, phase)) return json();
  WEIR_ASSIGN_OR_RETURN(const ResultRow row, TotalRow(run, leg, phase));
  const v1::Tally& counts = row.tally.counts();
  const uint64_t known = Settled(counts) + counts.lost();
  return json{{"text", ConservationText(counts)}, {"holds", known == counts.planned()}};
}

// ---------------------------------------------------------------------------------- limits

std::string AmountText(const v1::NamedCount& count) {
  if (count.unit() == "bytes") return BytesText(count.value());
  if (count.unit() == "ms") return DurationText(count.value() * 1e3);
  if (count.unit() == "s") return DurationText(count.value() * 1e6);
  return count.unit().empty() ? CountText(count.value())
                              : absl::StrCat(CountText(count.value()), " ", count.unit());
}

json CountersData(const v1::Evidence& evidence) {
  json counters = json::array();
  for (const v1::NamedCount& count : evidence.counters()) {
    counters.push_back(
        {{"group", count.group()}, {"name", count.name()}, {"text", AmountText(count)}});
  }
  return counters;
}

json WaitsData(const v1::Evidence& evidence) {
  std::vector<const v1::NamedCount*> sorted;
  for (const v1::NamedCount& wait : evidence.waits()) sorted.push_back(&wait);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->value() > b->value(); });
  const auto samples = static_cast<double>(std::max<uint64_t>(evidence.wait_samples(), 1));
  json waits = json::array();
  for (const v1::NamedCount* wait : sorted) {
    waits.push_back({{"name", wait->name()},
                     {"share", wait->value() / samples},
                     {"text", ShareText(wait->value() / samples)},
                     {"samples", CountText(wait->value())}});
  }
  return waits;
}

// What the server did, and what was done to it.
json EventsData(const v1::Leg& leg) {
  json events = json::array();
  for (const v1::ServerEvent& event : leg.evidence().events()) {
    events.push_back({{"second", event.second()}, {"what", event.what()}});
  }
  for (const v1::ThroughputChange& change : leg.throughput_changes()) {
    events.push_back({{"second", change.second()}, {"what", ThroughputChangeText(change)}});
  }
  return events;
}

double Ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

json PartitionsData(const v1::Leg& leg) {
  uint64_t milli_ru = 0;
  uint64_t attempts = 0;
  for (const v1::PartitionUse& use : leg.partitions()) {
    milli_ru += use.milli_ru();
    attempts += use.attempts();
  }
  json partitions = json::array();
  for (const v1::PartitionUse& use : BusiestPartitions(leg, kMostPartitions)) {
    const double share =
        milli_ru > 0 ? Ratio(use.milli_ru(), milli_ru) : Ratio(use.attempts(), attempts);
    const double server_ns = Ratio(use.server_time_ns(), use.attempts());
    partitions.push_back(
        {{"name", absl::StrCat(use.partition())},
         {"share", share},
         {"share_text", ShareText(share)},
         {"ru", CountText(static_cast<double>(use.milli_ru()) / 1e3)},
         {"attempts", Count(use.attempts())},
         {"throttled", Ratio(use.throttled(), use.attempts())},
         {"throttled_text", ShareText(Ratio(use.throttled(), use.attempts()))},
         {"server_time", use.server_time_ns() == 0 ? "–" : Nanoseconds(server_ns)}});
  }
  return partitions;
}

json HotKeysData(const v1::Leg& leg) {
  json keys = json::array();
  for (const HotKey& key : HotKeys(leg)) {
    keys.push_back({{"name", key.key},
                    {"share", key.share},
                    {"share_text", ShareText(key.share)},
                    {"operations", key.operations},
                    {"ru", key.ru}});
  }
  return keys;
}

}  // namespace

absl::StatusOr<json> TrustData(const v1::RunResult& run, const v1::Leg& leg) {
  json trust = {{"gates", GatesData(leg.gates(), leg.verdict())},
                {"headroom", HeadroomData(leg)},
                {"duplicates", leg.duplicate_reports()},
                {"repeated", leg.repeated_reports()}};
  WEIR_ASSIGN_OR_RETURN(trust["agents"], AgentsOf(run, leg));
  WEIR_ASSIGN_OR_RETURN(trust["conservation"], ConservationData(run, leg));
  return trust;
}

json SteadinessData(const v1::Leg& leg) {
  const v1::Steadiness& steadiness = leg.steadiness();
  json changes = json::array();
  for (const v1::ChangePoint& change : steadiness.changes()) {
    const double percent = change.before() == 0 ? 0 : 100 * (change.after() / change.before() - 1);
    changes.push_back({{"series", change.series()},
                       {"second", change.second()},
                       {"text", absl::StrFormat("%+.0f %%", percent)}});
  }
  return {{"text", SteadinessText(leg)},
          {"judged", steadiness.judged()},
          {"steady", steadiness.steady()},
          {"cut", steadiness.cut_seconds()},
          {"drift", absl::StrFormat("%+.2f %% per minute", 100 * steadiness.drift_per_minute())},
          {"reasons", TextsOf(steadiness.reasons())},
          {"changes", changes}};
}

json LimitData(const v1::Leg& leg) {
  const v1::Bottleneck& bottleneck = leg.bottleneck();
  return {{"place", PlaceName(bottleneck.place())},
          {"sentence", bottleneck.sentence()},
          {"evidence", TextsOf(bottleneck.evidence())},
          {"waits", WaitsData(leg.evidence())},
          {"wait_samples", Count(leg.evidence().wait_samples())},
          {"counters", CountersData(leg.evidence())},
          {"events", EventsData(leg)},
          {"gaps", TextsOf(leg.evidence().gaps())},
          {"partitions", PartitionsData(leg)},
          {"partition_count", leg.partitions_size()},
          {"utilisation", UtilisationText(leg)},
          {"hot_keys", HotKeysData(leg)}};
}

}  // namespace weir
