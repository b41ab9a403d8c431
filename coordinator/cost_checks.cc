#include "coordinator/cost_checks.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "coordinator/campaign_walk.h"
#include "coordinator/suggestion.h"
#include "reports/bill.h"

namespace weir {
namespace {

std::string TargetPath(int index) { return ItemPath("cost.targets", static_cast<size_t>(index)); }

const v1::Target* FindTarget(const v1::Campaign& campaign, const std::string& name) {
  for (const v1::Target& target : campaign.targets()) {
    if (target.name() == name) return &target;
  }
  return nullptr;
}

// A key that means nothing to this kind of target.
void RefuseKeys(const std::string& path, const char* kind, const std::vector<std::string>& keys,
                Findings* findings) {
  for (const std::string& key : keys) {
    const std::string key_path = JoinPath(path, key);
    if (!findings->Given(key_path)) continue;
    findings->Add(key_path, absl::StrCat(key, ": only goes with a target that is ", kind));
  }
}

void CheckTarget(const v1::Target& target, const v1::TargetCost& cost, const std::string& path,
                 Findings* findings) {
  if (target.has_cosmos()) {
    RefuseKeys(path, "PostgreSQL", {"instance", "iops", "high_availability"}, findings);
    return;
  }
  RefuseKeys(path, "Cosmos DB", {"regions", "many_write_regions"}, findings);
  if (cost.instance().empty()) {
    findings->Add(path, "this target needs the key 'instance' with a class of the price book",
                  {path + ".instance"});
  }
}

}  // namespace

// Only Cosmos DB charges a run while it goes on: elsewhere nothing would ever be used up.
void CheckThatBudgetBinds(const v1::Campaign& campaign, Findings* findings) {
  for (const v1::Target& target : campaign.targets()) {
    if (target.has_cosmos()) return;
  }
  for (const char* key : {"ru", "ru_per_second", "money"}) {
    const std::string path = JoinPath("budget", key);
    if (!findings->Given(path)) continue;
    findings->Add(path, absl::StrCat(key,
                                     ": no target of the campaign charges for what is done, "
                                     "so that this limits nothing; leave it out"));
  }
}

void CheckCost(const v1::Campaign& campaign, Findings* findings) {
  std::vector<std::string> names;
  for (const v1::Target& target : campaign.targets()) names.push_back(target.name());
  for (int i = 0; i < campaign.cost().targets_size(); ++i) {
    const v1::TargetCost& cost = campaign.cost().targets(i);
    const v1::Target* target = FindTarget(campaign, cost.name());
    if (target == nullptr) {
      findings->Add(TargetPath(i) + ".name",
                    absl::StrCat("no target is called ", InQuotes(cost.name()),
                                 Suggestion(cost.name(), names)),
                    {"targets"});
      continue;
    }
    CheckTarget(*target, cost, TargetPath(i), findings);
  }
}

void CheckPrices(const v1::RegionPrices& prices, CampaignReading* reading) {
  std::vector<std::string> classes;
  for (const v1::InstancePrice& each : prices.postgres().instances()) {
    classes.push_back(each.name());
  }
  for (int i = 0; i < reading->campaign.cost().targets_size(); ++i) {
    const v1::TargetCost& cost = reading->campaign.cost().targets(i);
    const std::string where = absl::StrCat("the prices of ", prices.name());
    const bool known = std::find(classes.begin(), classes.end(), cost.instance()) != classes.end();
    if (!cost.instance().empty() && !known) {
      reading->AddProblem(TargetPath(i) + ".instance",
                          absl::StrCat(where, " have no instance class ", InQuotes(cost.instance()),
                                       Suggestion(cost.instance(), classes)));
    }
    if (cost.iops() > 0 && !prices.postgres().has_iops_month()) {
      reading->AddProblem(TargetPath(i) + ".iops",
                          absl::StrCat(where, " have none for IOPS (postgres.iops_month)"));
    }
    if (!HasPrices({.prices = prices.cosmos(), .many_writes = cost.many_write_regions()})) {
      reading->AddProblem(TargetPath(i) + ".many_write_regions",
                          absl::StrCat(where,
                                       " have none for many write regions "
                                       "(cosmos.manual_per_100_ru_hour_many_writes and "
                                       "cosmos.autoscale_per_100_ru_hour_many_writes)"));
    }
  }
}

}  // namespace weir
