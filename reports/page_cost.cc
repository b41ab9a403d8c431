#include "reports/page_cost.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "reports/cost.h"
#include "reports/cost_text.h"
#include "reports/quantity.h"

namespace weir {
namespace {

using nlohmann::json;

constexpr int kPoints = 240;  // of a line over the rate, besides where it bends or steps

std::string Money(const v1::RunResult& run, double amount) {
  return MoneyText(run.cost().currency(), amount);
}

// "60 × 100 RU/s", "128 GiB".
std::string QuantityText(const v1::CostPart& part) {
  const bool counted = !part.unit().empty() && absl::ascii_isdigit(part.unit()[0]);
  return absl::StrCat(absl::StrFormat("%.4g", part.quantity()), counted ? " × " : " ", part.unit());
}

// As the book has it, to the last digit.
std::string PriceText(const v1::RunResult& run, const v1::CostPart& part) {
  return absl::StrCat(absl::StrFormat("%.10g", part.price().amount()), " ", run.cost().currency(),
                      " for ", part.price_unit());
}

json PartsData(const v1::RunResult& run, const v1::CostLine& line) {
  json parts = json::array();
  for (const v1::CostPart& part : line.parts()) {
    parts.push_back({{"what", part.what()},
                     {"quantity", QuantityText(part)},
                     {"price", PriceText(run, part)},
                     {"per_month", Money(run, part.per_hour() * kHoursPerMonth)},
                     {"source", absl::StrCat(part.price().source(), ", ", part.price().date())}});
  }
  return parts;
}

json LineData(const v1::RunResult& run, const v1::LegCost& cost, const v1::CostLine& line) {
  return {{"target", run.legs(static_cast<int>(cost.leg())).target()},
          {"paid_as", BillingText(run, cost, line)},
          {"as_run", line.as_run() && line.billing() != "instance"},
          {"per_month", Money(run, line.per_month())},
          {"per_million", Money(run, line.per_million())},
          {"per_hour", Money(run, line.per_hour())},
          {"storage", Money(run, line.storage_per_hour() * kHoursPerMonth)},
          {"other",
           line.other_per_hour() > 0 ? Money(run, line.other_per_hour() * kHoursPerMonth) : "–"},
          {"caution", line.caution()},
          {"parts", PartsData(run, line)}};
}

json TargetData(const v1::RunResult& run, const v1::LegCost& cost) {
  return {{"name", run.legs(static_cast<int>(cost.leg())).target()},
          {"missing", cost.missing()},
          {"caution", cost.caution()},
          {"demand", DemandText(run, cost)},
          {"storage", absl::StrCat(BytesText(static_cast<double>(cost.storage_bytes())), ", ",
                                   cost.storage_basis())},
          {"run", RunMoneyText(run, cost)}};
}

// A step is drawn as one: a point on either side of it.
std::vector<double> RatesOf(const std::vector<WayToPay>& ways, double most) {
  std::vector<double> rates;
  for (int i = 0; i <= kPoints; ++i) rates.push_back(most * i / kPoints);
  for (const WayToPay& way : ways) {
    const std::vector<double> breaks = way.curve.Breaks(most);
    if (breaks.size() > kPoints) continue;  // closer than can be seen
    for (const double rate : breaks) {
      rates.push_back(rate * (1 - 1e-7));
      rates.push_back(rate * (1 + 1e-7));
    }
  }
  for (const WayToPay& way : ways) {
    if (way.curve.up_to_per_s() <= most) rates.push_back(way.curve.up_to_per_s());
  }
  std::sort(rates.begin(), rates.end());
  return rates;
}

json CurveData(const WayToPay& way, const std::vector<double>& rates) {
  json values = json::array();
  for (const double rate : rates) {
    // Nearly nothing is still something: manual has a least.
    const bool served = rate <= way.curve.up_to_per_s();
    values.push_back(served ? json(way.curve.PerMonth(std::max(rate, 1e-9))) : json());
  }
  return {{"name", way.curve.name()},
          {"target", way.leg.target()},
          {"billing", way.billing},
          {"values", std::move(values)}};
}

json CrossingsData(const v1::RunResult& run, const std::string& scenario) {
  json crossings = json::array();
  for (const v1::CostCrossing& crossing : run.cost().crossings()) {
    if (crossing.scenario() != scenario) continue;
    crossings.push_back(
        {{"x", crossing.per_s()},
         {"label", absl::StrCat(CountText(crossing.per_s()), " /s: ", crossing.cheaper_above())},
         {"rate", absl::StrCat(CountText(crossing.per_s()), " /s")},
         {"below", crossing.cheaper_below()},
         {"above", crossing.cheaper_above()},
         {"per_month", Money(run, crossing.per_month())},
         {"cheapest", crossing.cheapest()}});
  }
  return crossings;
}

json ScenarioData(const v1::RunResult& run, const std::string& name) {
  json scenario = {{"name", name},
                   {"lines", json::array()},
                   {"targets", json::array()},
                   {"crossings", CrossingsData(run, name)},
                   {"curves", json::array()}};
  for (const v1::LegCost& cost : run.cost().legs()) {
    if (!IsSideBySide(run, run.cost(), cost)) continue;
    if (run.legs(static_cast<int>(cost.leg())).scenario() != name) continue;
    scenario["targets"].push_back(TargetData(run, cost));
    for (const v1::CostLine& line : cost.lines()) {
      scenario["lines"].push_back(LineData(run, cost, line));
    }
  }
  const std::vector<WayToPay> ways = WaysToPay(run, run.cost(), name);
  const std::vector<double> rates = RatesOf(ways, HighestRate(ways));
  scenario["xs"] = rates;
  for (const WayToPay& way : ways) scenario["curves"].push_back(CurveData(way, rates));
  return scenario;
}

}  // namespace

json PricesData(const v1::RunResult& run) {
  if (run.cost().legs().empty()) return nullptr;
  json scenarios = json::array();
  for (const std::string& name : PricedScenarios(run)) scenarios.push_back(ScenarioData(run, name));
  return {{"prices", PricesText(run.cost())},
          {"currency", run.cost().currency()},
          {"scenarios", std::move(scenarios)}};
}

}  // namespace weir
