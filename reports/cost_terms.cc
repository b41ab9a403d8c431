#include "reports/cost_terms.h"

#include <algorithm>

#include "absl/strings/numbers.h"

#include "base/check.h"
#include "proto/rules.pb.h"

namespace weir {
namespace {

// As the schema has it, so that no default is spelled twice.
double DefaultOf(const google::protobuf::Descriptor& message, const char* field) {
  const auto* descriptor = message.FindFieldByName(field);
  WEIR_CHECK(descriptor != nullptr);
  double value = 0;
  WEIR_CHECK(
      absl::SimpleAtod(descriptor->options().GetExtension(v1::rule).default_value(), &value));
  return value;
}

}  // namespace

v1::Cost CostSettings(const v1::Campaign& campaign) {
  v1::Cost cost = campaign.cost();
  if (campaign.has_cost()) return cost;
  cost.set_percentile(DefaultOf(*v1::Cost::descriptor(), "percentile"));
  cost.set_headroom(DefaultOf(*v1::Cost::descriptor(), "headroom"));
  return cost;
}

v1::TargetCost TargetCostOf(const v1::Campaign& campaign, const std::string& target) {
  for (const v1::TargetCost& cost : campaign.cost().targets()) {
    if (cost.name() == target) return cost;
  }
  v1::TargetCost cost;
  cost.set_name(target);
  cost.set_regions(static_cast<uint32_t>(DefaultOf(*v1::TargetCost::descriptor(), "regions")));
  return cost;
}

const v1::Target* TargetOf(const v1::Campaign& campaign, const std::string& name) {
  const auto& targets = campaign.targets();
  const auto found = std::find_if(targets.begin(), targets.end(),
                                  [&](const v1::Target& each) { return each.name() == name; });
  return found == targets.end() ? nullptr : &*found;
}

const v1::RegionPrices* RegionOf(const v1::PriceBook& book, const std::string& name) {
  const auto& regions = book.regions();
  const auto found = std::find_if(regions.begin(), regions.end(),
                                  [&](const auto& each) { return each.name() == name; });
  return found == regions.end() ? nullptr : &*found;
}

CosmosTerms TermsOf(const v1::Campaign& campaign, const std::string& target,
                    const v1::CosmosPrices& prices) {
  const v1::TargetCost cost = TargetCostOf(campaign, target);
  return {prices, std::max(1u, cost.regions()), cost.many_write_regions(),
          CostSettings(campaign).headroom()};
}

std::string BillingOf(const v1::CosmosTarget& target) {
  switch (target.capacity()) {
    case v1::COSMOS_CAPACITY_AUTOSCALE:
      return "autoscale";
    case v1::COSMOS_CAPACITY_SERVERLESS:
      return "serverless";
    default:
      return "manual";
  }
}

std::vector<RuWorth> RunningCosts(const v1::Campaign& campaign, const v1::RegionPrices& prices) {
  std::vector<RuWorth> costs;
  for (const v1::Target& target : campaign.targets()) {
    RuWorth& cost = costs.emplace_back();
    if (!target.has_cosmos() || !prices.has_cosmos()) continue;
    cost = WorthOf(TermsOf(campaign, target.name(), prices.cosmos()), BillingOf(target.cosmos()));
    if (cost.provisioned_per_hour > 0) cost.per_ru = 0;
  }
  return costs;
}

RuWorth WorthOf(const CosmosTerms& terms, const std::string& billing) {
  if (billing == "serverless") {
    return {0, terms.prices.serverless_per_million_ru().amount() / 1e6};
  }
  const double per_hour =
      terms.regions / 100.0 *
      (billing == "autoscale" ? AutoscalePrice(terms) : ManualPrice(terms)).amount();
  return {per_hour, per_hour / 3600};
}

}  // namespace weir
