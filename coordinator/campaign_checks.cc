#include "coordinator/campaign_checks.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "coordinator/campaign_findings.h"
#include "coordinator/campaign_schema.h"
#include "coordinator/campaign_walk.h"
#include "coordinator/capacity_checks.h"
#include "coordinator/comparison_checks.h"
#include "coordinator/cost_checks.h"
#include "coordinator/quantity.h"
#include "coordinator/suggestion.h"

namespace weir {
namespace {

constexpr char kLoadName[] = "load";  // of the load phase in reports and thresholds

// ---------------------------------------------------------------------------------- targets

// What two targets must not share: a load into one would drop the other's records.
std::string StorageOf(const v1::Target& target) {
  switch (target.backend_case()) {
    case v1::Target::kSqlite:
      if (target.sqlite().path() == ":memory:") return "";
      return absl::StrCat("table ", target.sqlite().table(), " of ", target.sqlite().path());
    case v1::Target::kPostgres:
      return absl::StrCat("table ", target.postgres().table(), " of database ",
                          target.postgres().database(), " at ", target.postgres().host(), ":",
                          target.postgres().port());
    case v1::Target::kCosmos:
      return absl::StrCat("container ", target.cosmos().database(), "/",
                          target.cosmos().container(), " at ", target.cosmos().endpoint());
    default:
      return "";
  }
}

void CheckNull(const v1::NullTarget& null, const std::string& path, Findings* findings) {
  const bool queues = null.servers() > 0 || null.service_law() != v1::SERVICE_LAW_FIXED;
  if (!queues || null.service_time().ns() > 0) return;
  findings->Add(path, "servers and service_law need a service_time above 0s",
                {path + ".servers", path + ".service_law", path + ".service_time"});
}

void CheckPostgres(const v1::PostgresTarget& postgres, const std::string& path,
                   Findings* findings) {
  if (postgres.tls_certificate().empty() != postgres.tls_key().empty()) {
    findings->Add(path, "tls_certificate and tls_key belong together; give both or neither",
                  {path + ".tls_certificate", path + ".tls_key"});
  }
}

void CheckCosmos(const v1::CosmosTarget& cosmos, const std::string& path, Findings* findings) {
  if (cosmos.throughput() % 100 != 0) {
    findings->Add(path + ".throughput",
                  absl::StrCat("throughput: Cosmos DB provisions in steps of 100 RU/s, found ",
                               cosmos.throughput()));
  }
}

void CheckTargets(const v1::Campaign& campaign, Findings* findings) {
  std::map<std::string, std::string> storage;
  for (int i = 0; i < campaign.targets_size(); ++i) {
    const v1::Target& target = campaign.targets(i);
    const std::string path = ItemPath("targets", static_cast<size_t>(i));
    if (target.has_postgres()) CheckPostgres(target.postgres(), path + ".postgres", findings);
    if (target.has_null()) CheckNull(target.null(), path + ".null", findings);
    if (target.has_cosmos()) CheckCosmos(target.cosmos(), path + ".cosmos", findings);
    const std::string used = StorageOf(target);
    if (used.empty()) continue;
    auto [other, is_new] = storage.emplace(used, target.name());
    // Each run of a comparison makes it anew; only SQLite's file is held by who was there before.
    if (is_new || (campaign.has_compare() && !target.has_sqlite())) continue;
    findings->Add(path,
                  absl::StrCat("the targets '", other->second, "' and '", target.name(),
                               "' both use ", used, "; give one of them another"),
                  {path});
  }
}

// -------------------------------------------------------------------------------- operations

void CheckKeys(const v1::KeyDistribution& keys, const std::string& path, Findings* findings) {
  if (keys.law() != v1::KEY_LAW_HOTSPOT) return;
  for (const auto& [name, share] : {std::pair{"hot_records", keys.hot_records()},
                                    std::pair{"hot_operations", keys.hot_operations()}}) {
    if (share > 0 && share < 1) continue;
    findings->Add(JoinPath(path, name),
                  absl::StrCat(name, ": a hotspot needs a share between 0 and 1, both excluded"));
  }
}

bool TakesBatches(v1::OperationKind kind) {
  return kind == v1::OPERATION_KIND_INSERT || kind == v1::OPERATION_KIND_UPSERT;
}

void CheckOperation(const v1::OperationSpec& operation, const std::string& path,
                    Findings* findings) {
  const bool is_query = operation.do_() == v1::OPERATION_KIND_QUERY;
  const std::string kind = path + ".do";
  if (is_query && operation.query().empty()) {
    findings->Add(path, "do: query needs the key 'query' with the name of a query",
                  {kind, path + ".query"});
  }
  if (!is_query && !operation.query().empty()) {
    findings->Add(path + ".query", "query: only goes with do: query", {kind});
  }
  if (operation.batch() > 1 && !TakesBatches(operation.do_())) {
    findings->Add(path + ".batch", "batch: only goes with do: insert and do: upsert", {kind});
  }
  if (operation.has_keys()) CheckKeys(operation.keys(), path + ".keys", findings);
}

void CheckOperations(const v1::Scenario& scenario, const std::string& path, Findings* findings) {
  std::map<std::string, int> seen;
  for (int i = 0; i < scenario.operations_size(); ++i) {
    const v1::OperationSpec& operation = scenario.operations(i);
    const std::string item = ItemPath(path + ".operations", static_cast<size_t>(i));
    CheckOperation(operation, item, findings);
    const std::string name = OperationName(operation);
    if (name == kLoadName) {
      findings->Add(item + ".name",
                    "name: 'load' is what reports call the load phase; take another");
    }
    auto [first, is_new] = seen.emplace(name, i + 1);
    if (is_new) continue;
    findings->Add(
        item,
        absl::StrCat("the operations ", first->second, " and ", i + 1, " are both called '", name,
                     "' in reports; give one a name of its own"),
        {item + ".do", item + ".query", item + ".name"});
  }
}

// -------------------------------------------------------------------------------------- shape

int64_t StagesNs(const v1::OpenLoop& open) {
  int64_t total = 0;
  for (const v1::RateStage& stage : open.stages()) {
    if (__builtin_add_overflow(total, stage.duration().ns(), &total)) return INT64_MAX;
  }
  return total;
}

void CheckStages(const v1::OpenLoop& open, const std::string& path, Findings* findings) {
  bool any_load = open.stages().empty();
  for (int i = 0; i < open.stages_size(); ++i) {
    const v1::RateStage& stage = open.stages(i);
    const std::string item = ItemPath(path + ".stages", static_cast<size_t>(i));
    any_load |= stage.to().operations() > 0 || stage.from().operations() > 0;
    if (stage.duration().ns() == 0) {
      findings->Add(item + ".duration", "duration: a stage must last longer than 0s");
    }
  }
  if (!any_load) findings->Add(path + ".stages", "stages: every rate is 0", {path + ".stages"});
}

// A replay has its rate from its file.
void CheckReplay(const v1::OpenLoop& open, const std::string& path, Findings* findings) {
  if (!open.has_replay()) {
    findings->Add(path, "arrivals: replay needs the key 'replay' with the path of a file",
                  {path + ".replay"});
  }
  for (const char* key : {"rate", "stages", "burst"}) {
    const std::string key_path = JoinPath(path, key);
    if (!findings->Given(key_path)) continue;
    findings->Add(key_path, absl::StrCat("'", key,
                                         "' contradicts arrivals: replay, whose times come from "
                                         "its file; remove one of the two"));
  }
}

void CheckBurst(const v1::OpenLoop& open, const std::string& path, Findings* findings) {
  if (!open.has_burst()) {
    findings->Add(path,
                  "arrivals: burst needs the key 'burst'; 'burst: {}' takes the defaults of its "
                  "factor and its lengths",
                  {path + ".burst"});
    return;
  }
  for (const auto& [key, length] : {std::pair{"calm", open.burst().calm().ns()},
                                    std::pair{"burst", open.burst().burst().ns()}}) {
    if (length > 0) continue;
    findings->Add(JoinPath(path + ".burst", key), absl::StrCat(key, ": must last longer than 0s"));
  }
}

void CheckArrivals(const v1::OpenLoop& open, const std::string& path, Findings* findings) {
  if (open.arrivals() == v1::ARRIVAL_PROCESS_BURST) CheckBurst(open, path, findings);
  for (const auto& [key, process] : {std::pair{"burst", v1::ARRIVAL_PROCESS_BURST},
                                     std::pair{"replay", v1::ARRIVAL_PROCESS_REPLAY}}) {
    // CheckReplay has said what contradicts a replay.
    if (open.arrivals() == process || open.arrivals() == v1::ARRIVAL_PROCESS_REPLAY) continue;
    const std::string key_path = JoinPath(path, key);
    if (!findings->Given(key_path)) continue;
    findings->Add(key_path, absl::StrCat("'", key, "' only goes with arrivals: ", key),
                  {path + ".arrivals"});
  }
}

void CheckRate(const v1::OpenLoop& open, const std::string& path, Findings* findings) {
  const bool has_stages = !open.stages().empty();
  if (open.has_rate() && has_stages) {
    findings->Add(path + ".stages", "'stages' contradicts 'rate'; give only one of the two");
  } else if (!open.has_rate() && !has_stages) {
    findings->Add(path, "an open loop needs 'rate' or 'stages'",
                  {path + ".rate", path + ".stages"});
  } else if (open.has_rate() && open.rate().operations() == 0) {
    findings->Add(path + ".rate", "rate: must be more than 0");
  }
  CheckStages(open, path, findings);
}

void CheckOpenLoop(const v1::OpenLoop& open, const std::string& path, Findings* findings) {
  if (open.arrivals() == v1::ARRIVAL_PROCESS_REPLAY) {
    CheckReplay(open, path, findings);
  } else {
    CheckRate(open, path, findings);
  }
  CheckArrivals(open, path, findings);
}

// --------------------------------------------------------------------------------- thresholds

void CheckReference(const std::string& name, const std::vector<std::string>& names,
                    const std::string& what, const std::string& path, Findings* findings) {
  if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return;
  findings->Add(path,
                absl::StrCat("no ", what, " is called ", InQuotes(name), Suggestion(name, names)));
}

std::vector<std::string> OperationNames(const v1::Scenario& scenario) {
  std::vector<std::string> names;
  for (const v1::OperationSpec& operation : scenario.operations()) {
    names.push_back(OperationName(operation));
  }
  if (scenario.phases().has_load()) names.push_back(kLoadName);
  return names;
}

void CheckThresholds(const v1::Campaign& campaign, const v1::Scenario& scenario,
                     const std::string& path, Findings* findings) {
  for (int i = 0; i < scenario.thresholds_size(); ++i) {
    const v1::Threshold& threshold = scenario.thresholds(i);
    const std::string item = ItemPath(path + ".thresholds", static_cast<size_t>(i));
    CheckReference(threshold.operation(), OperationNames(scenario), "operation of this scenario",
                   item + ".operation", findings);
    CheckReference(threshold.target(), TargetNames(campaign, scenario), "target of this scenario",
                   item + ".target", findings);
    if (!threshold.has_at_most() && !threshold.has_at_least()) {
      findings->Add(item, "a threshold needs 'at_most' or 'at_least'",
                    {item + ".at_most", item + ".at_least"});
    } else if (threshold.has_at_most() && threshold.has_at_least() &&
               threshold.at_least() > threshold.at_most()) {
      findings->Add(item + ".at_least", "at_least is larger than at_most: nothing could meet both");
    }
  }
}

// ---------------------------------------------------------------------------------- scenarios

void CheckPhases(const v1::Scenario& scenario, const std::string& path, Findings* findings) {
  const v1::Phases& phases = scenario.phases();
  const std::string phases_path = path + ".phases";
  const bool measures = phases.measure().ns() > 0;
  if (!measures && phases.warm_up().ns() > 0) {
    findings->Add(phases_path + ".warm_up", "warm_up: nothing is measured after it; give 'measure'",
                  {phases_path});
  } else if (!measures && !phases.has_load()) {
    findings->Add(phases_path, "the scenario does nothing; give 'load', 'measure' or both",
                  {phases_path});
  }
  for (const auto& [key, given] : {std::pair{"shape", scenario.has_shape()},
                                   std::pair{"operations", scenario.operations_size() > 0}}) {
    const std::string key_path = JoinPath(path, key);
    if (measures && !given) {
      findings->Add(path, absl::StrCat("a measure phase needs the key '", key, "'"), {key_path});
    } else if (!measures && given) {
      findings->Add(key_path, absl::StrCat("'", key, "' has no effect without a measure phase"),
                    {phases_path});
    }
  }
}

void CheckShape(const v1::Scenario& scenario, const std::string& path, Findings* findings) {
  if (!scenario.shape().has_open()) return;
  const std::string open_path = path + ".shape.open";
  const v1::OpenLoop& open = scenario.shape().open();
  CheckOpenLoop(open, open_path, findings);
  const int64_t planned = scenario.phases().warm_up().ns() + scenario.phases().measure().ns();
  if (StagesNs(open) > planned) {
    findings->Warn(open_path + ".stages",
                   absl::StrCat("the stages last ", FormatDuration(StagesNs(open)),
                                ", warm_up and measure only ", FormatDuration(planned),
                                ": the rest is never run"),
                   {open_path + ".stages", path + ".phases"});
  }
}

void CheckTargetsOf(const v1::Campaign& campaign, const v1::Scenario& scenario,
                    const std::string& path, Findings* findings) {
  std::vector<std::string> known;
  for (const v1::Target& target : campaign.targets()) known.push_back(target.name());
  std::set<std::string> seen;
  for (int i = 0; i < scenario.targets_size(); ++i) {
    const std::string item = ItemPath(path + ".targets", static_cast<size_t>(i));
    CheckReference(scenario.targets(i), known, "target", item, findings);
    if (!seen.insert(scenario.targets(i)).second) {
      findings->Add(item, absl::StrCat("the target ", InQuotes(scenario.targets(i)),
                                       " is named twice; remove one"));
    }
  }
}

void CheckScenario(const v1::Campaign& campaign, const v1::Scenario& scenario,
                   const std::string& path, Findings* findings) {
  CheckTargetsOf(campaign, scenario, path, findings);
  CheckPhases(scenario, path, findings);
  CheckShape(scenario, path, findings);
  CheckOperations(scenario, path, findings);
  if (scenario.has_keys()) CheckKeys(scenario.keys(), path + ".keys", findings);
  CheckThresholds(campaign, scenario, path, findings);
  if (scenario.timeout().ns() == 0)
    findings->Add(path + ".timeout", "timeout: must be more than 0s");
  if (scenario.retry().cap().ns() < scenario.retry().base().ns()) {
    findings->Add(path + ".retry", "retry: 'cap' is shorter than 'base'", {path + ".retry"});
  }
}

// A target that is measured but never loaded may hold anything.
void WarnOfUnloaded(const v1::Campaign& campaign, Findings* findings) {
  std::set<std::string> loaded;
  for (const v1::Target& target : campaign.targets()) {
    if (target.has_null()) loaded.insert(target.name());
  }
  for (int i = 0; i < campaign.scenarios_size(); ++i) {
    const v1::Scenario& scenario = campaign.scenarios(i);
    const std::string path = ItemPath("scenarios", static_cast<size_t>(i));
    for (const std::string& target : TargetNames(campaign, scenario)) {
      if (scenario.phases().has_load()) loaded.insert(target);
      if (scenario.phases().measure().ns() == 0 || !loaded.insert(target).second) continue;
      findings->Warn(path + ".phases",
                     absl::StrCat("'", target,
                                  "' is measured with whatever records it holds; no "
                                  "scenario loads it before"),
                     {path + ".phases", path + ".targets"});
    }
  }
}

}  // namespace

void CheckCampaign(const std::set<std::string>& broken, CampaignReading* reading) {
  Findings findings(broken, reading);
  const v1::Campaign& campaign = reading->campaign;
  CheckTargets(campaign, &findings);
  for (int i = 0; i < campaign.scenarios_size(); ++i) {
    CheckScenario(campaign, campaign.scenarios(i), ItemPath("scenarios", static_cast<size_t>(i)),
                  &findings);
  }
  WarnOfUnloaded(campaign, &findings);
  if (campaign.has_compare()) CheckComparison(campaign, &findings);
  if (campaign.has_capacity()) CheckCapacity(campaign, &findings);
  if (campaign.has_cost()) CheckCost(campaign, &findings);
  if (campaign.has_budget()) CheckThatBudgetBinds(campaign, &findings);
}

std::string OperationName(const v1::OperationSpec& operation) {
  if (!operation.name().empty()) return operation.name();
  if (operation.do_() == v1::OPERATION_KIND_QUERY && !operation.query().empty()) {
    return operation.query();
  }
  return ValueName(*v1::OperationKind_descriptor()->FindValueByNumber(operation.do_()));
}

std::vector<std::string> TargetNames(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  std::vector<std::string> names(scenario.targets().begin(), scenario.targets().end());
  if (!names.empty()) return names;
  for (const v1::Target& target : campaign.targets()) names.push_back(target.name());
  return names;
}

}  // namespace weir
