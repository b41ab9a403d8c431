#include "reports/cost_text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "base/printable.h"
#include "reports/cost.h"
#include "reports/cost_terms.h"
#include "reports/quantity.h"
#include "reports/text_table.h"

namespace weir {
namespace {

// "1,234.56"
std::string WithSeparators(double amount) {
  std::string text = absl::StrFormat("%.2f", amount);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 6; at > 0; at -= 3) {
    text.insert(static_cast<size_t>(at), ",");
  }
  return text;
}

// Two decimals, and below one as many as three digits take.
std::string AmountText(double amount) {
  if (amount >= 0.995) return WithSeparators(amount);
  if (amount <= 0) return "0.00";
  const int decimals = std::clamp(2 - static_cast<int>(std::floor(std::log10(amount))), 2, 9);
  return absl::StrFormat("%.*f", decimals, amount);
}

const v1::Leg& LegOf(const v1::RunResult& run, const v1::LegCost& cost) {
  return run.legs(static_cast<int>(cost.leg()));
}

// What is sold is in whole numbers, and shown so.
std::string RuPerSecond(uint64_t ru) { return CountText(static_cast<double>(ru)) + " RU/s"; }

std::string RateText(const v1::LegCost& cost) {
  const bool records = cost.basis().starts_with("load");
  return absl::StrCat(CountText(cost.rate_per_s()), records ? " records/s" : " operations/s");
}

std::vector<const v1::LegCost*> SideBySide(const v1::RunResult& run, const std::string& scenario) {
  std::vector<const v1::LegCost*> legs;
  for (const v1::LegCost& cost : run.cost().legs()) {
    if (!IsSideBySide(run, run.cost(), cost)) continue;
    if (LegOf(run, cost).scenario() == scenario) legs.push_back(&cost);
  }
  return legs;
}

// Null without a line. One that would throttle, or cannot be had, is no way to pay.
const v1::CostLine* CheapestOf(const v1::LegCost& cost) {
  const v1::CostLine* cheapest = nullptr;
  for (const v1::CostLine& line : cost.lines()) {
    if (!line.caution().empty()) continue;
    if (cheapest == nullptr || line.per_month() < cheapest->per_month()) cheapest = &line;
  }
  return cheapest;
}

std::string MonthSentence(const v1::RunResult& run, const std::string& scenario,
                          const std::vector<const v1::LegCost*>& legs) {
  std::vector<std::string> costs;
  for (const v1::LegCost* cost : legs) {
    const v1::CostLine* cheapest = CheapestOf(*cost);
    if (cheapest == nullptr) continue;
    costs.push_back(absl::StrCat(
        LegOf(run, *cost).target(), " ", MoneyText(run.cost().currency(), cheapest->per_month()),
        " (", BillingText(run, *cost, *cheapest),
        cost->lines_size() > 1 ? ", its cheapest way" : "", ") for ", RateText(*cost)));
  }
  if (costs.empty()) return "";
  const bool capacity = legs[0]->basis() == "capacity";
  return absl::StrCat("a month of ", scenario,
                      capacity ? " at the rate that each sustains costs: " : " as measured costs: ",
                      absl::StrJoin(costs, "; "));
}

// "99 %", "99.9 %": of what the campaign states, not measured.
std::string PercentText(double share) { return CountText(100 * share) + " %"; }

// Which way is the cheapest, from rate to rate: of all, or of each target where their money is not
// compared.
std::vector<std::string> ChangesSentences(const v1::RunResult& run, const std::string& scenario) {
  std::vector<const v1::CostCrossing*> changes;
  for (const v1::CostCrossing& crossing : run.cost().crossings()) {
    if (crossing.scenario() == scenario && crossing.cheapest()) changes.push_back(&crossing);
  }
  std::sort(changes.begin(), changes.end(),
            [](const auto* a, const auto* b) { return a->per_s() < b->per_s(); });
  std::vector<std::string> sentences;
  std::vector<std::string> cheapest;  // where each sentence has got to
  for (const v1::CostCrossing* change : changes) {
    auto at = std::find(cheapest.begin(), cheapest.end(), change->cheaper_below());
    if (at == cheapest.end()) {
      sentences.push_back(absl::StrCat("cheapest for ", scenario, " is ", change->cheaper_below()));
      at = cheapest.insert(cheapest.end(), change->cheaper_below());
    }
    *at = change->cheaper_above();
    absl::StrAppend(&sentences[static_cast<size_t>(at - cheapest.begin())], ", from ",
                    CountText(change->per_s()), " operations/s on ", change->cheaper_above());
  }
  return sentences;
}

void SayWhatIsNotCompared(const v1::RunResult& run, const std::vector<const v1::LegCost*>& legs,
                          std::vector<std::string>* sentences) {
  if (legs.size() < 2) return;
  std::vector<std::string> reasons;
  for (const v1::LegCost* cost : legs) {
    if (cost->lines_size() == 0 || cost->caution().empty()) continue;
    reasons.push_back(absl::StrCat(LegOf(run, *cost).target(), ": ", cost->caution()));
  }
  if (reasons.empty()) return;
  sentences->push_back(
      absl::StrCat("money is not to be compared between targets that were not shown to give the "
                   "same service (",
                   absl::StrJoin(reasons, ". "), ")"));
}

}  // namespace

std::string MoneyText(const std::string& currency, double amount) {
  const std::string text = AmountText(amount);
  if (currency == "USD") return "$" + text;
  if (currency == "EUR") return "€" + text;
  if (currency == "GBP") return "£" + text;
  return absl::StrCat(text, " ", currency);
}

std::string BillingText(const v1::RunResult& run, const v1::LegCost& cost,
                        const v1::CostLine& line) {
  if (line.billing() == "instance") {
    return TargetCostOf(run.campaign(), LegOf(run, cost).target()).instance();
  }
  if (line.billing() == "manual") return "manual, " + RuPerSecond(line.provisioned_ru());
  if (line.billing() == "autoscale") {
    return "autoscale up to " + RuPerSecond(line.provisioned_ru());
  }
  return line.billing();
}

std::string BudgetUseText(const v1::RunResult& run) {
  const v1::BudgetUse& use = run.budget();
  std::vector<std::string> parts;
  if (use.ru_limit() > 0) {
    parts.push_back(
        absl::StrCat(CountText(use.ru_used()), " of ", CountText(use.ru_limit()), " RU"));
  }
  if (use.money_limit() > 0) {
    parts.push_back(absl::StrCat(AmountText(use.money_used()), " of ",
                                 AmountText(use.money_limit()), " ", run.cost().currency()));
  }
  if (parts.empty()) return "";
  return absl::StrCat("of the budget ", absl::StrJoin(parts, " and "), " used",
                      use.reached().empty() ? "" : "; it ended the run: ", use.reached());
}

std::string PricesText(const v1::CostResult& cost) {
  return absl::StrCat("list prices in ", cost.currency(),
                      ", before tax and discounts: ", cost.book());
}

std::string CrossingText(const v1::CostResult& cost, const v1::CostCrossing& crossing) {
  return absl::StrCat("below ", CountText(crossing.per_s()), " operations/s ",
                      crossing.cheaper_below(), " is cheaper, above it ", crossing.cheaper_above(),
                      " (", MoneyText(cost.currency(), crossing.per_month()), " a month)");
}

std::vector<std::string> PricedScenarios(const v1::RunResult& run) {
  std::vector<std::string> names;
  for (const v1::LegCost& cost : run.cost().legs()) {
    if (cost.leg() >= static_cast<uint32_t>(run.legs_size())) continue;
    const std::string& name = LegOf(run, cost).scenario();
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::vector<std::string> CostSentences(const v1::RunResult& run) {
  std::vector<std::string> sentences;
  for (const std::string& scenario : PricedScenarios(run)) {
    const auto legs = SideBySide(run, scenario);
    const std::string month = MonthSentence(run, scenario, legs);
    if (month.empty()) continue;
    sentences.push_back(month);
    SayWhatIsNotCompared(run, legs, &sentences);
    for (std::string& changes : ChangesSentences(run, scenario)) {
      sentences.push_back(std::move(changes));
    }
  }
  if (const std::string budget = BudgetUseText(run); !budget.empty()) sentences.push_back(budget);
  return sentences;
}

std::string DemandText(const v1::RunResult& run, const v1::LegCost& cost) {
  if (cost.required_ru_per_s() == 0) return "";
  const v1::Cost settings = CostSettings(run.campaign());
  std::string text = absl::StrCat(
      CountText(cost.ru_per_s()), " RU/s consumed on average, ", CountText(cost.ru_per_operation()),
      cost.basis().starts_with("load") ? " RU a record; " : " RU an operation; ",
      PercentText(settings.percentile()), " of the seconds asked for no more than ",
      CountText(cost.demand_ru_per_s()), " RU/s (busiest partition × partitions), which with ",
      PercentText(settings.headroom()), " headroom takes ", RuPerSecond(cost.required_ru_per_s()));
  if (cost.provisioned_ru_per_s() <= 0) return text;
  const bool capacity = cost.basis() == "capacity";
  return capacity
             ? text
             : absl::StrCat(text, "; ", ShareText(cost.ru_per_s() / cost.provisioned_ru_per_s()),
                            " of the ", CountText(cost.provisioned_ru_per_s()),
                            " RU/s provisioned was used");
}

std::string RunMoneyText(const v1::RunResult& run, const v1::LegCost& cost) {
  const std::string& currency = run.cost().currency();
  std::vector<std::string> parts;
  if (cost.provisioned_money() > 0) {
    parts.push_back(MoneyText(currency, cost.provisioned_money()) + " provisioned");
  }
  if (cost.consumed_money() > 0) {
    parts.push_back(MoneyText(currency, cost.consumed_money()) +
                    " worth of request units consumed");
  }
  return parts.empty() ? "" : "this run itself: " + absl::StrJoin(parts, ", ");
}

std::vector<std::string> LineCautions(const v1::RunResult& run, const v1::LegCost& cost) {
  std::vector<std::string> cautions;
  for (const v1::CostLine& line : cost.lines()) {
    if (line.caution().empty()) continue;
    cautions.push_back(absl::StrCat(BillingText(run, cost, line), ": ", line.caution()));
  }
  return cautions;
}

std::string CostTable(const v1::RunResult& run, const std::string& scenario, int width) {
  const std::string& currency = run.cost().currency();
  TextTable table({{"target", 10, true},
                   {"paid as", 9, true},
                   {"per month", 8},
                   {"of it storage", 2},
                   {"other", 1},
                   {"per million op.", 6},
                   {"per hour", 3},
                   {"", 4, true}});
  for (const v1::LegCost* cost : SideBySide(run, scenario)) {
    std::string target = Printable(LegOf(run, *cost).target());
    for (const v1::CostLine& line : cost->lines()) {
      const double month = kHoursPerMonth;
      table.Add(
          {target, BillingText(run, *cost, line), MoneyText(currency, line.per_month()),
           MoneyText(currency, line.storage_per_hour() * month),
           line.other_per_hour() > 0 ? MoneyText(currency, line.other_per_hour() * month) : "–",
           MoneyText(currency, line.per_million()), MoneyText(currency, line.per_hour()),
           line.as_run() && line.billing() != "instance" ? "as run" : ""});
      target.clear();
    }
  }
  return table.Render(width);
}

}  // namespace weir
