#include "reports/page_content.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "base/status.h"
#include "reports/answers.h"
#include "reports/disclosure.h"
#include "reports/fairness.h"
#include "reports/leg_text.h"
#include "reports/metrics.h"
#include "reports/page_capacity.h"
#include "reports/page_comparison.h"
#include "reports/page_cost.h"
#include "reports/page_evidence.h"
#include "reports/page_heat.h"
#include "reports/page_machines.h"
#include "reports/page_series.h"
#include "reports/partition_use.h"
#include "reports/quantity.h"
#include "reports/result_row.h"
#include "reports/within_run.h"

namespace weir {
namespace {

using nlohmann::json;

json TextsOf(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return std::vector<std::string>(texts.begin(), texts.end());
}

json MetricsData() {
  json metrics = json::array();
  for (const Metric& metric : Metrics()) {
    metrics.push_back({{"name", std::string(metric.name)},
                       {"unit", std::string(UnitName(metric.unit))},
                       {"doc", std::string(metric.doc)}});
  }
  return metrics;
}

absl::StatusOr<json> TotalData(const v1::RunResult& run, const v1::Leg& leg, v1::Phase phase) {
  if (!HasPhase(leg, phase)) return json();
  WEIR_ASSIGN_OR_RETURN(const ResultRow row, TotalRow(run, leg, phase));
  return RowData(row);
}

// Rows and curves of the measure phase by operation.
absl::Status AddOperations(const v1::RunResult& run, const v1::Leg& leg, json* target) {
  if (!HasPhase(leg, v1::PHASE_MEASURE)) return absl::OkStatus();
  WEIR_ASSIGN_OR_RETURN(const ResultRow total, TotalRow(run, leg, v1::PHASE_MEASURE));
  const auto add = [&](const ResultRow& row) {
    (*target)["rows"][row.operation] = RowData(row);
    (*target)["curves"][row.operation] = PercentileCurve(row);
  };
  add(total);
  return ForEachResultRow(run, leg, v1::PHASE_MEASURE, add);
}

double SpanSeconds(const v1::Leg& leg, v1::Phase phase) {
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() == phase) return static_cast<double>(span.duration_ns()) / 1e9;
  }
  return 0;
}

json VerificationData(const v1::Leg& leg) {
  const v1::Verification& verification = leg.verification();
  return {{"done", verification.done()},
          {"matches", verification.matches()},
          {"text", VerificationText(verification)},
          {"digest_expected", verification.digest_expected()},
          {"digest_found", verification.digest_found()}};
}

json ThroughputChanges(const v1::Leg& leg) {
  json changes = json::array();
  for (const v1::ThroughputChange& change : leg.throughput_changes()) {
    changes.push_back({{"second", change.second()},
                       {"from", change.from_ru()},
                       {"to", change.to_ru()},
                       {"done", change.done_second()}});
  }
  return changes;
}

json FactsOfOperations(const v1::Leg& leg) {
  json operations = json::array();
  for (const v1::OperationFacts& facts : leg.operations()) {
    operations.push_back({{"name", facts.name()},
                          {"weight", facts.weight()},
                          {"batch", facts.batch()},
                          {"keys", facts.keys()},
                          {"query", facts.query()},
                          {"single_partition", facts.single_partition()}});
  }
  return operations;
}

// {"response_p99_us": "11.8 … 13.0 ms"}; empty for runs too short to say.
absl::StatusOr<json> WithinRunData(const ResultsStore& store, const v1::RunResult& run,
                                   const v1::Leg& leg) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<WithinRun> intervals, WithinRunOf(store, run, leg));
  json texts = json::object();
  for (const WithinRun& interval : intervals) texts[interval.metric] = WithinRunText(interval);
  return texts;
}

// Whether the targets of a scenario promise the same (R36); null where there is but one.
json FairnessData(const v1::RunResult& run, const std::string& scenario) {
  const std::vector<FairnessTarget> targets = FairnessTargets(run, scenario);
  if (targets.size() < 2) return nullptr;
  json names = json::array();
  for (const FairnessTarget& target : targets) names.push_back(target.target->name());
  json rows = json::array();
  for (const FairnessRow& row : FairnessLedger(run.campaign().compare(), targets)) {
    json promises = json::array();
    for (const Promise& promise : row.promises) {
      promises.push_back({{"kept", promise.kept}, {"words", promise.words}});
    }
    rows.push_back({{"name", row.name},
                    {"differs", row.differs},
                    {"acknowledged", row.acknowledged},
                    {"promises", std::move(promises)}});
  }
  return {{"targets", std::move(names)}, {"rows", std::move(rows)}};
}

absl::StatusOr<json> TargetData(const ResultsStore& store, const v1::RunResult& run,
                                const v1::Leg& leg, const PageWidths& widths) {
  json target = {{"name", leg.target()},
                 {"backend", leg.backend()},
                 {"validity", ValidityWord(leg.verdict().validity())},
                 {"reasons", TextsOf(leg.verdict().reasons())},
                 {"open_loop", leg.open_loop()},
                 {"failure", leg.failure()},
                 {"charged", HasCharge(leg)},
                 {"charge_basis", leg.charge_basis()},
                 {"caution", leg.caution()},
                 {"provisioned_ru", leg.provisioned_ru()},
                 {"throughput_changes", ThroughputChanges(leg)},
                 {"partitions_provisioned", PhysicalPartitions(leg)},
                 {"plan_digest", leg.plan_digest()},
                 {"warm_up", SpanSeconds(leg, v1::PHASE_WARM_UP)},
                 {"measure", SpanSeconds(leg, v1::PHASE_MEASURE)},
                 {"verification", VerificationData(leg)},
                 {"operations", FactsOfOperations(leg)},
                 {"steadiness", SteadinessData(leg)},
                 {"limit", LimitData(leg)},
                 {"cost", CostData(run, leg)},
                 {"rows", json::object()},
                 {"curves", json::object()}};
  WEIR_RETURN_IF_ERROR(AddOperations(run, leg, &target));
  WEIR_ASSIGN_OR_RETURN(target["load"], TotalData(run, leg, v1::PHASE_LOAD));
  WEIR_ASSIGN_OR_RETURN(target["trust"], TrustData(run, leg));
  WEIR_ASSIGN_OR_RETURN(target["within_run"], WithinRunData(store, run, leg));
  WEIR_ASSIGN_OR_RETURN(target["series"], PageSeries(store, run, leg, widths));
  WEIR_ASSIGN_OR_RETURN(target["heat"], HeatData(store, run, leg));
  return target;
}

const char* ToneName(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "good";
    case Tone::kBad:
      return "bad";
    case Tone::kWarning:
      return "warning";
    case Tone::kPlain:
      break;
  }
  return "plain";
}

json AnswersData(const v1::RunResult& run) {
  json answers = json::array();
  for (const Answer& answer : AnswersOf(run)) {
    answers.push_back({{"tone", ToneName(answer.tone)},
                       {"about", answer.about},
                       {"sentence", answer.sentence},
                       {"notes", answer.notes}});
  }
  return answers;
}

absl::StatusOr<json> ScenarioData(const ResultsStore& store, const v1::RunResult& run,
                                  const std::string& name) {
  WEIR_ASSIGN_OR_RETURN(const PageWidths widths, PageWidthsFor(store, run, name));
  json scenario = {{"name", name},
                   {"rate_width", widths.rates},
                   {"response_width", widths.quantiles},
                   {"fairness", FairnessData(run, name)},
                   {"targets", json::array()}};
  for (const v1::Leg* shown : ShownLegs(run, name)) {
    const v1::Leg& leg = *shown;
    if (const v1::Scenario* specified = ScenarioOf(run, leg)) {
      scenario["description"] = specified->description();
      scenario["timeout_us"] = static_cast<double>(specified->timeout().ns()) / 1e3;
    }
    scenario["shape"] = ShapeText(run, leg);
    scenario["caveat"] = CaveatText(leg);
    WEIR_ASSIGN_OR_RETURN(json target, TargetData(store, run, leg, widths));
    scenario["targets"].push_back(std::move(target));
  }
  return scenario;
}

// group → name → target → values, in order of first appearance; legs of one target mostly agree.
class ConditionTable {
 public:
  void Add(const std::string& column, const v1::Condition& condition) {
    Row& row = Find(condition.group(), condition.name());
    std::vector<std::string>& values = row.values[column];
    if (std::find(values.begin(), values.end(), condition.value()) == values.end()) {
      values.push_back(condition.value());
    }
  }

  json Data() const {
    json rows = json::array();
    for (const Row& row : rows_) {
      json values = json::object();
      for (const auto& [column, list] : row.values) values[column] = absl::StrJoin(list, " / ");
      rows.push_back({{"group", row.group}, {"name", row.name}, {"values", values}});
    }
    return rows;
  }

 private:
  struct Row {
    std::string group;
    std::string name;
    std::map<std::string, std::vector<std::string>> values;
  };

  Row& Find(const std::string& group, const std::string& name) {
    size_t after_group = rows_.size();
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].group != group) continue;
      if (rows_[i].name == name) return rows_[i];
      after_group = i + 1;
    }
    return *rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(after_group),
                         Row{group, name, {}});
  }

  std::vector<Row> rows_;
};

json ConditionsData(const v1::RunResult& run) {
  ConditionTable table;
  for (const v1::Leg& leg : run.legs()) {
    for (const v1::Condition& condition : leg.conditions()) table.Add(leg.target(), condition);
  }
  return table.Data();
}

json RunConditionsData(const v1::RunResult& run) {
  json rows = json::array();
  for (const v1::Condition& condition : run.conditions()) {
    rows.push_back({condition.group(), condition.name(), condition.value()});
  }
  return rows;
}

json DisclosureData(const v1::RunResult& run) {
  json items = json::array();
  for (const DisclosedItem& item : DiscloseRun(run)) {
    items.push_back({{"subject", item.subject},
                     {"item", std::string(item.item)},
                     {"value", item.value},
                     {"disclosed", item.disclosed()}});
  }
  return items;
}

// "worker-3 (kubernetes)"; empty where no platform tells.
std::string NodeText(const v1::AgentFacts& agent) {
  if (agent.node().empty() || agent.platform().empty()) {
    return absl::StrCat(agent.node(), agent.platform());
  }
  return absl::StrCat(agent.node(), " (", agent.platform(), ")");
}

json AgentsData(const v1::RunResult& run) {
  json agents = json::array();
  for (const v1::AgentFacts& agent : run.agents()) {
    agents.push_back(
        {{"name", AgentName(run, agent.index())},
         {"version", agent.version()},
         {"host", agent.host()},
         {"node", NodeText(agent)},
         {"kernel", agent.kernel()},
         {"cpu", absl::StrCat(agent.cores(), " × ", agent.cpu_model())},
         {"workers", agent.workers()},
         {"memory", BytesText(static_cast<double>(agent.memory_bytes()))},
         {"drift", absl::StrFormat("%.2g ppm", agent.clock_drift_ppm())},
         {"offset",
          absl::StrCat(DurationText(static_cast<double>(agent.clock_offset_ns()) / 1e3), " ± ",
                       DurationText(static_cast<double>(agent.clock_offset_bound_ns()) / 1e3))}});
  }
  return agents;
}

json ErrorsData(const v1::RunResult& run) {
  json errors = json::array();
  for (const v1::Leg& leg : run.legs()) {
    for (const v1::ErrorSample& error : leg.errors()) {
      errors.push_back({{"count", CountText(static_cast<double>(error.count()))},
                        {"verdict", error.verdict()},
                        {"phase", PhaseName(error.phase())},
                        {"operation", error.operation()},
                        {"scenario", leg.scenario()},
                        {"target", leg.target()},
                        {"detail", error.detail()}});
    }
  }
  return errors;
}

json ThresholdsData(const v1::RunResult& run) {
  json thresholds = json::array();
  for (const v1::ThresholdResult& result : run.thresholds()) {
    thresholds.push_back({{"met", result.met()},
                          {"word", ThresholdWord(run, result)},
                          {"limit", ThresholdText(result.threshold())},
                          {"value", ThresholdValueText(run, result)},
                          {"scenario", result.scenario()},
                          {"target", result.target()},
                          {"operation", result.operation()}});
  }
  return thresholds;
}

json RunData(const v1::RunResult& run) {
  return {{"id", run.id()},
          {"campaign", run.campaign().name()},
          {"description", run.campaign().description()},
          {"started", UtcText(run.started_unix_ns())},
          {"state", StateText(run)},
          {"complete", run.state() == v1::RUN_STATE_FINISHED},
          {"validity", ValidityWord(run.verdict().validity())},
          {"reasons", TextsOf(run.verdict().reasons())},
          {"overridden", TextsOf(run.verdict().overridden())},
          {"version", run.version()},
          {"seed", absl::StrCat(run.campaign().seed())},
          {"dataset_records", CountText(static_cast<double>(run.campaign().dataset().records()))},
          {"campaign_text", run.campaign_text()}};
}

std::string SafeInScript(const json& data) {
  const std::string text = data.dump(-1, ' ', false, json::error_handler_t::replace);
  return absl::StrReplaceAll(text, {{"<", "\\u003c"}});
}

}  // namespace

absl::StatusOr<std::string> PageContent(const ResultsStore& store, const v1::RunResult& run) {
  json data = {{"run", RunData(run)},
               {"answers", AnswersData(run)},
               {"comparison", ComparisonData(run)},
               {"capacity", CapacityData(run)},
               {"cost", PricesData(run)},
               {"metrics", MetricsData()},
               {"scenarios", json::array()},
               {"thresholds", ThresholdsData(run)},
               {"errors", ErrorsData(run)},
               {"conditions", ConditionsData(run)},
               {"run_conditions", RunConditionsData(run)},
               {"disclosure", DisclosureData(run)},
               {"agents", AgentsData(run)}};
  for (const std::string& name : ScenarioNames(run)) {
    if (run.campaign().has_capacity()) break;  // shown as a search
    WEIR_ASSIGN_OR_RETURN(json scenario, ScenarioData(store, run, name));
    data["scenarios"].push_back(std::move(scenario));
  }
  return SafeInScript(data);
}

}  // namespace weir
