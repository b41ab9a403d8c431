#include "coordinator/budget.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "reports/partition_use.h"
#include "reports/quantity.h"

namespace weir {
namespace {

constexpr double kNsPerHour = 3.6e12;

RuWorth WorthOfLeg(const v1::RunResult& run, const std::vector<RuWorth>& worth,
                   const v1::Leg& leg) {
  for (int i = 0; i < run.campaign().targets_size(); ++i) {
    const bool known = static_cast<size_t>(i) < worth.size();
    if (known && run.campaign().targets(i).name() == leg.target()) {
      return worth[static_cast<size_t>(i)];
    }
  }
  return {};
}

double RuOf(const v1::Leg& leg) {
  double milli_ru = 0;
  for (const v1::PhaseResult& result : leg.results()) {
    milli_ru += static_cast<double>(result.total().milli_ru());
  }
  return milli_ru / 1e3;
}

double HoursOf(const v1::Leg& leg) {
  double ns = 0;
  for (const v1::PhaseSpan& span : leg.spans()) ns += static_cast<double>(span.duration_ns());
  return ns / kNsPerHour;
}

// The most that the leg may come to have provisioned.
double MostProvisioned(const v1::RunResult& run, const v1::Leg& leg) {
  const v1::Target* target = TargetOf(run.campaign(), leg.target());
  if (target == nullptr || !target->has_cosmos()) return static_cast<double>(leg.provisioned_ru());
  const v1::CosmosTarget& cosmos = target->cosmos();
  return std::max({static_cast<double>(leg.provisioned_ru()),
                   static_cast<double>(cosmos.throughput()),
                   static_cast<double>(cosmos.scaling().most())});
}

double MoneyOf(const v1::RunResult& run, const std::vector<RuWorth>& worth, const v1::Leg& leg) {
  const RuWorth each = WorthOfLeg(run, worth, leg);
  if (each.provisioned_per_hour == 0) return RuOf(leg) * each.per_ru;
  return MeanProvisionedRu(leg) * HoursOf(leg) * each.provisioned_per_hour;
}

// Caps on any second do not wear out: the same for every stage.
std::optional<v1::StageBudget> RateShare(const v1::Budget& caps, uint32_t agents) {
  if (!caps.has_operations() && caps.ru_per_second() <= 0) return std::nullopt;
  v1::StageBudget share;
  if (caps.has_operations()) {
    share.set_operations_per_second(static_cast<double>(caps.operations().operations()) * 1e9 /
                                    static_cast<double>(caps.operations().per_ns()) / agents);
  }
  share.set_ru_per_second(caps.ru_per_second() / agents);
  return share;
}

// Milli-RU or nanoseconds; at least one, because 0 says that there is no limit.
template <typename Integer>
Integer Share(double amount) {
  return static_cast<Integer>(std::clamp(std::floor(amount), 1.0, 9e18));
}

}  // namespace

v1::BudgetUse BudgetUsed(const v1::RunResult& run, const std::vector<RuWorth>& worth) {
  v1::BudgetUse use;
  use.set_ru_limit(run.campaign().budget().ru());
  use.set_money_limit(run.campaign().budget().money());
  for (const v1::Leg& leg : run.legs()) {
    use.set_ru_used(use.ru_used() + RuOf(leg));
    use.set_money_used(use.money_used() + MoneyOf(run, worth, leg));
  }
  return use;
}

std::optional<v1::StageBudget> BudgetLeft(const v1::RunResult& run,
                                          const std::vector<RuWorth>& worth, const v1::Leg& leg,
                                          uint32_t agents) {
  const v1::BudgetUse use = BudgetUsed(run, worth);
  const RuWorth each = WorthOfLeg(run, worth, leg);
  const double money = use.money_limit() - use.money_used();
  std::optional<v1::StageBudget> budget = RateShare(run.campaign().budget(), agents);
  const auto limit_ru = [&](double ru) {
    if (!budget) budget.emplace();
    const auto milli_ru = Share<uint64_t>(ru * 1e3 / agents);
    const bool less = budget->milli_ru() == 0 || milli_ru < budget->milli_ru();
    if (less) budget->set_milli_ru(milli_ru);
  };
  if (use.ru_limit() > 0) limit_ru(use.ru_limit() - use.ru_used());
  if (use.money_limit() <= 0) return budget;
  const double per_hour = each.provisioned_per_hour * MostProvisioned(run, leg);
  if (per_hour > 0) {
    if (!budget) budget.emplace();
    budget->set_length_ns(Share<int64_t>(money / per_hour * kNsPerHour));
  } else if (each.per_ru > 0) {
    limit_ru(money / each.per_ru);
  }
  return budget;
}

std::string BudgetExhausted(const v1::RunResult& run, const std::vector<RuWorth>& worth,
                            const v1::Leg& leg) {
  const v1::BudgetUse use = BudgetUsed(run, worth);
  const RuWorth each = WorthOfLeg(run, worth, leg);
  if (use.ru_limit() > 0 && use.ru_used() >= use.ru_limit()) {
    return absl::StrCat("the campaign's budget of ", CountText(use.ru_limit()),
                        " RU is used up: ", CountText(use.ru_used()), " RU");
  }
  const bool costs = each.provisioned_per_hour > 0 || each.per_ru > 0;
  if (costs && use.money_limit() > 0 && use.money_used() >= use.money_limit()) {
    return absl::StrFormat("the campaign's budget of %.4g in money is used up: %.4g",
                           use.money_limit(), use.money_used());
  }
  return "";
}

}  // namespace weir
