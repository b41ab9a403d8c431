#include "coordinator/cli/campaign_names.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "coordinator/campaign_walk.h"
#include "coordinator/suggestion.h"
#include "generators/dataset.h"
#include "generators/operation_plan.h"
#include "generators/schedule.h"
#include "reports/comparison.h"
#include "reports/report.h"

namespace weir {
namespace {

// The schema of a dataset depends on its kind alone. Its settings may be wrong, and must not keep
// us from finding the other problems: all defaults do.
std::unique_ptr<Dataset> DatasetOfKind(const v1::Dataset& settings) {
  if (settings.kind_case() == v1::Dataset::KIND_NOT_SET) return nullptr;
  const auto* kind = v1::Dataset::descriptor()->FindFieldByNumber(settings.kind_case());
  std::vector<Problem> none;
  const YamlNode tree = ParseYaml(absl::StrCat("{records: 1, ", kind->name(), ": }"), "", &none);
  v1::Dataset defaults;
  WalkFindings findings;
  FillMessage(tree, {}, &defaults, &findings);
  absl::StatusOr<std::unique_ptr<Dataset>> dataset = MakeDataset(defaults, 1);
  return dataset.ok() ? *std::move(dataset) : nullptr;
}

std::string FieldPath(const char* list, int index, const char* rest) {
  return JoinPath(ItemPath(list, static_cast<size_t>(index)), rest);
}

void CheckPartitionKeys(const RecordSchema& schema, CampaignReading* reading) {
  std::vector<std::string> fields;
  for (const Field& field : schema.fields) fields.push_back(field.name);
  for (int i = 0; i < reading->campaign.targets_size(); ++i) {
    const std::string& key = reading->campaign.targets(i).cosmos().partition_key();
    if (key.empty() || schema.FieldIndex(key) >= 0) continue;
    reading->AddProblem(FieldPath("targets", i, "cosmos.partition_key"),
                        absl::StrCat("partition_key: ", InQuotes(key), " is no field of ",
                                     schema.name, Suggestion(key, fields)));
  }
}

void CheckQueries(const RecordSchema& schema, int index, CampaignReading* reading) {
  std::vector<std::string> queries;
  for (const QuerySpec& query : schema.queries) queries.push_back(query.name);
  const v1::Scenario& scenario = reading->campaign.scenarios(index);
  for (int i = 0; i < scenario.operations_size(); ++i) {
    const std::string& query = scenario.operations(i).query();
    if (query.empty() || schema.FindQuery(query) != nullptr) continue;
    const std::string list = FieldPath("scenarios", index, "operations");
    reading->AddProblem(FieldPath(list.c_str(), i, "query"),
                        absl::StrCat("query: ", schema.name, " has no query ", InQuotes(query),
                                     Suggestion(query, queries)));
  }
}

void CheckMetrics(int index, CampaignReading* reading) {
  const v1::Scenario& scenario = reading->campaign.scenarios(index);
  for (int i = 0; i < scenario.thresholds_size(); ++i) {
    const v1::Threshold& threshold = scenario.thresholds(i);
    const std::string problem =
        threshold.metric().empty() ? "" : CheckThreshold(scenario, threshold);
    if (problem.empty()) continue;
    const std::string list = FieldPath("scenarios", index, "thresholds");
    reading->AddProblem(FieldPath(list.c_str(), i, "metric"), absl::StrCat("metric: ", problem));
  }
}

void CheckPrimaryMetrics(CampaignReading* reading) {
  const v1::Comparison& compare = reading->campaign.compare();
  for (int i = 0; i < compare.metrics_size(); ++i) {
    if (compare.metrics(i).metric().empty()) continue;
    const std::string problem = CheckPrimaryMetric(reading->campaign, compare.metrics(i));
    if (problem.empty()) continue;
    reading->AddProblem(FieldPath("compare.metrics", i, "metric"),
                        absl::StrCat("metric: ", problem));
  }
}

// Whatever else generators refuse. Only for a campaign that is otherwise fine.
void CheckThatItCanBePlanned(CampaignReading* reading) {
  const v1::Campaign& campaign = reading->campaign;
  const auto dataset = MakeDataset(campaign.dataset(), campaign.seed());
  if (!dataset.ok()) {
    return reading->AddProblem("dataset", std::string(dataset.status().message()));
  }
  for (int i = 0; i < campaign.scenarios_size(); ++i) {
    const v1::Scenario& scenario = campaign.scenarios(i);
    if (scenario.phases().measure().ns() == 0) continue;
    const auto plan = MakeOperationPlan(campaign, scenario, **dataset);
    if (!plan.ok()) {
      reading->AddProblem(FieldPath("scenarios", i, "operations"),
                          std::string(plan.status().message()));
    }
    if (!scenario.shape().has_open()) continue;
    const auto schedule = MakeSchedule(campaign, scenario);
    if (!schedule.ok()) {
      reading->AddProblem(FieldPath("scenarios", i, "shape"),
                          std::string(schedule.status().message()));
    }
  }
}

}  // namespace

void CheckCampaignNames(CampaignReading* reading) {
  const std::unique_ptr<Dataset> dataset = DatasetOfKind(reading->campaign.dataset());
  if (dataset != nullptr) CheckPartitionKeys(dataset->schema(), reading);
  for (int i = 0; i < reading->campaign.scenarios_size(); ++i) {
    if (dataset != nullptr) CheckQueries(dataset->schema(), i, reading);
    CheckMetrics(i, reading);
  }
  CheckPrimaryMetrics(reading);
  if (reading->problems.empty()) CheckThatItCanBePlanned(reading);
}

}  // namespace weir
