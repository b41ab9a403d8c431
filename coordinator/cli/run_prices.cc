#include "coordinator/cli/run_prices.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "coordinator/cost_checks.h"
#include "reports/cost.h"
#include "reports/cost_terms.h"

namespace weir {
namespace {

// With the book that the run was priced by, unless another is named.
ChosenPrices ChosenFor(const v1::RunResult& run, const PriceChoice& choice) {
  ChosenPrices chosen = ChoosePrices({}, "", {choice.prices, ""});
  const bool priced = choice.prices.empty() && run.cost().prices().regions_size() > 0;
  if (priced) chosen.book = run.cost().prices();
  if (!choice.region.empty()) {
    chosen.region = choice.region;
  } else if (RegionOf(chosen.book, run.campaign().cost().region()) != nullptr) {
    chosen.region = run.campaign().cost().region();
  } else if (chosen.problems.empty()) {
    chosen.region = chosen.book.regions(0).name();
  }
  return chosen;
}

}  // namespace

void AddPriceOptions(CLI::App* command, PriceChoice* choice) {
  command->add_option("--prices", choice->prices, "Price book instead of the campaign's or Weir's")
      ->type_name("FILE.yaml");
  command->add_option("--region", choice->region, "Region of the price book")->type_name("NAME");
}

ChosenPrices CheckedPrices(const std::string& path, const PriceChoice& choice,
                           CampaignReading* reading) {
  if (!reading->problems.empty()) return {};
  ChosenPrices chosen = ChoosePrices(reading->campaign, path, choice);
  if (chosen.problems.empty()) {
    CheckPrices(*RegionOf(chosen.book, chosen.region), reading);
  } else {
    reading->problems = chosen.problems;
  }
  return chosen;
}

absl::Status PriceRun(const ResultsStore& store, const ChosenPrices& prices, v1::RunResult* run) {
  WEIR_ASSIGN_OR_RETURN(v1::CostResult cost, ComputeCost(store, *run, prices.book, prices.region));
  if (cost.legs().empty()) {
    run->clear_cost();
  } else {
    *run->mutable_cost() = std::move(cost);
  }
  return absl::OkStatus();
}

absl::Status PriceStoredRun(const ResultsStore& store, const PriceChoice& choice,
                            v1::RunResult* run) {
  const bool asked = !choice.prices.empty() || !choice.region.empty();
  if (!asked && (run->has_cost() || run->state() == v1::RUN_STATE_RUNNING)) {
    return absl::OkStatus();
  }
  const ChosenPrices chosen = ChosenFor(*run, choice);
  if (!chosen.problems.empty()) return absl::InvalidArgumentError(ToString(chosen.problems[0]));
  return PriceRun(store, chosen, run);
}

}  // namespace weir
