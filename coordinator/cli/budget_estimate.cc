#include "coordinator/cli/budget_estimate.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/status.h"
#include "coordinator/cli/cosmos_estimate.h"
#include "coordinator/cli/operation_counts.h"
#include "generators/dataset.h"
#include "generators/target_campaign.h"
#include "reports/comparison_design.h"
#include "reports/cost_terms.h"
#include "reports/cost_text.h"
#include "reports/quantity.h"

namespace weir {
namespace {

double SecondsOf(const v1::Phases& phases) {
  return static_cast<double>(phases.warm_up().ns() + phases.measure().ns()) / 1e9;
}

double MeanRu(const OperationCounts& counts, const CosmosEstimate& estimate) {
  double weighted = 0;
  double weights = 0;
  for (const OperationType& type : counts.types) {
    weighted += type.weight * estimate.OperationRu(type);
    weights += type.weight;
  }
  return weighted / weights;
}

// Where a closed loop sends as much as is answered, no more than the container gives.
absl::StatusOr<double> DriveRu(const v1::Campaign& campaign, const v1::Scenario& scenario,
                               const Dataset& dataset, const CosmosEstimate& estimate) {
  WEIR_ASSIGN_OR_RETURN(const OperationCounts counts, CountOperations(campaign, scenario, dataset));
  if (counts.counts.empty()) return estimate.UsableRu() * SecondsOf(scenario.phases());
  return MeanRu(counts, estimate) * static_cast<double>(counts.operations);
}

absl::Status AddScenario(const v1::Campaign& campaign, const v1::Scenario& scenario,
                         const Dataset& dataset, const CosmosEstimate& estimate,
                         const RuWorth& worth, UseEstimate* use) {
  double ru = 0;
  double seconds = SecondsOf(scenario.phases());
  if (scenario.phases().has_load()) {
    ru = estimate.InsertRu(campaign.dataset().records());
    seconds += ru / estimate.UsableRu();
  }
  if (scenario.phases().measure().ns() > 0) {
    WEIR_ASSIGN_OR_RETURN(const double driven, DriveRu(campaign, scenario, dataset, estimate));
    ru += driven;
  }
  use->ru += ru;
  use->money +=
      ru * worth.per_ru + estimate.provisioned() * worth.provisioned_per_hour * seconds / 3600;
  return absl::OkStatus();
}

double PerSecond(const v1::Rate& rate) {
  if (rate.per_ns() == 0) return 0;
  return static_cast<double>(rate.operations()) * 1e9 / static_cast<double>(rate.per_ns());
}

bool Runs(const v1::Scenario& scenario, const std::string& target) {
  const auto& names = scenario.targets();
  return names.empty() || std::find(names.begin(), names.end(), target) != names.end();
}

struct BusiestSeconds {
  double operations = 0;
  double ru = 0;
};

absl::Status AddBusiest(const v1::Campaign& own, const v1::Target& target,
                        BusiestSeconds* busiest) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<Dataset> dataset,
                        MakeDataset(own.dataset(), own.seed()));
  for (const v1::Scenario& scenario : own.scenarios()) {
    const bool drives = scenario.phases().measure().ns() > 0 && scenario.shape().has_open();
    if (!drives || !Runs(scenario, target.name())) continue;
    WEIR_ASSIGN_OR_RETURN(const OperationCounts counts, CountOperations(own, scenario, *dataset));
    const auto operations = static_cast<double>(counts.busiest_second);
    busiest->operations = std::max(busiest->operations, operations);
    if (!target.has_cosmos()) continue;
    const CosmosEstimate estimate(target.cosmos(), *dataset, own.dataset().records(), own.seed());
    busiest->ru = std::max(busiest->ru, operations * MeanRu(counts, estimate));
  }
  return absl::OkStatus();
}

const v1::RegionPrices& PricesOf(const ChosenPrices& prices) {
  return *RegionOf(prices.book, prices.region);
}

void AddProblem(const char* key, const std::string& use, const std::string& limit,
                CampaignReading* reading) {
  reading->AddProblem(absl::StrCat("budget.", key),
                      absl::StrCat(key, ": the plan takes about ", use,
                                   " (modelled, without reading back), more than the ", limit,
                                   " allowed; allow more, or plan less"));
}

// What the agents would end the run for is refused before it begins. A closed loop's rate is what
// the database makes it: only the agents can tell.
absl::Status CheckCaps(CampaignReading* reading) {
  const v1::Campaign& campaign = reading->campaign;
  const v1::Budget& budget = campaign.budget();
  const double most_operations = PerSecond(budget.operations());
  BusiestSeconds busiest;
  for (const v1::Target& target : campaign.targets()) {
    WEIR_RETURN_IF_ERROR(AddBusiest(CampaignOn(campaign, target), target, &busiest));
  }
  const double searched = PerSecond(campaign.capacity().most());
  if (campaign.has_capacity() && most_operations > 0 &&
      (searched == 0 || searched > most_operations)) {
    reading->AddProblem(
        "budget.operations",
        absl::StrCat("operations: the search for capacity may offer more than the ",
                     CountText(most_operations), "/s allowed; give a lower capacity.most"));
  }
  if (most_operations > 0 && busiest.operations > most_operations) {
    AddProblem("operations", CountText(busiest.operations) + "/s in its busiest second",
               CountText(most_operations) + "/s", reading);
  }
  if (budget.ru_per_second() > 0 && busiest.ru > budget.ru_per_second()) {
    AddProblem("ru_per_second", CountText(busiest.ru) + " RU in its busiest second",
               CountText(budget.ru_per_second()) + " RU", reading);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UseEstimate> EstimateUse(const v1::Campaign& campaign,
                                        const v1::RegionPrices& prices) {
  UseEstimate use;
  const std::vector<RuWorth> worth = RunningCosts(campaign, prices);
  for (int i = 0; i < campaign.targets_size(); ++i) {
    const v1::Target& target = campaign.targets(i);
    if (!target.has_cosmos()) continue;
    const v1::Campaign own = CampaignOn(campaign, target);
    WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<Dataset> dataset,
                          MakeDataset(own.dataset(), own.seed()));
    const CosmosEstimate estimate(target.cosmos(), *dataset, own.dataset().records(), own.seed());
    for (const v1::Scenario& scenario : own.scenarios()) {
      if (!Runs(scenario, target.name())) continue;
      WEIR_RETURN_IF_ERROR(
          AddScenario(own, scenario, *dataset, estimate, worth[static_cast<size_t>(i)], &use));
    }
  }
  if (!campaign.has_compare()) return use;
  const double rounds = MostRounds(campaign.compare());
  return UseEstimate{use.ru * rounds, use.money * rounds};
}

void CheckBudget(const ChosenPrices& prices, CampaignReading* reading) {
  const v1::Budget& budget = reading->campaign.budget();
  if (!reading->problems.empty() || !reading->campaign.has_budget()) return;
  const auto use = EstimateUse(reading->campaign, PricesOf(prices));
  if (!use.ok() || !CheckCaps(reading).ok()) return;  // whoever makes the plan says why
  const std::string& currency = prices.book.currency();
  if (budget.ru() > 0 && use->ru > budget.ru()) {
    AddProblem("ru", CountText(use->ru) + " RU", CountText(budget.ru()) + " RU", reading);
  }
  if (budget.money() > 0 && use->money > budget.money()) {
    AddProblem("money", MoneyText(currency, use->money), MoneyText(currency, budget.money()),
               reading);
  }
}

std::string BudgetText(const v1::Campaign& campaign, const ChosenPrices& prices) {
  if (!campaign.has_budget()) return "";
  const auto use = EstimateUse(campaign, PricesOf(prices));
  if (!use.ok()) return "";
  std::vector<std::string> parts;
  const v1::Budget& budget = campaign.budget();
  if (budget.ru() > 0) {
    parts.push_back(absl::StrCat(CountText(use->ru), " of ", CountText(budget.ru()), " RU"));
  }
  const std::string& currency = prices.book.currency();
  if (budget.money() > 0) {
    parts.push_back(
        absl::StrCat(MoneyText(currency, use->money), " of ", MoneyText(currency, budget.money())));
  }
  if (parts.empty()) return "";
  return absl::StrCat("budget: about ", absl::StrJoin(parts, " and "),
                      campaign.has_capacity() ? ", a search counted as one run" : "");
}

}  // namespace weir
