// Cost in words and tables: the same in every report.
#pragma once

#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

// "$284.70", "$0.142", "1,234.00 CHF".
std::string MoneyText(const std::string& currency, double amount);

// "manual, 6,900 RU/s", "autoscale up to 7,000 RU/s", "serverless", "Standard_D4s_v3".
std::string BillingText(const v1::RunResult& run, const v1::LegCost& cost,
                        const v1::CostLine& line);

// The answer in sentences, by scenario: what each target costs a month in its cheapest way, where
// another becomes the cheapest, and whose money is not to be compared. Empty without costs.
std::vector<std::string> CostSentences(const v1::RunResult& run);

// What stands behind the throughput to be bought: "5,458 RU/s consumed on average …".
std::string DemandText(const v1::RunResult& run, const v1::LegCost& cost);

// "this run: $0.0123 provisioned, $0.0028 worth of request units consumed"; empty without either.
std::string RunMoneyText(const v1::RunResult& run, const v1::LegCost& cost);

// Of every way to pay by which the load would not be served as it was, which and why: "manual, 500
// RU/s: less than the demand of …".
std::vector<std::string> LineCautions(const v1::RunResult& run, const v1::LegCost& cost);

// "budget: 4,120 of 5,000 RU used; reached: …"; empty without a budget.
std::string BudgetUseText(const v1::RunResult& run);

// "list prices before tax: Azure list prices, westus, 2026-11-21".
std::string PricesText(const v1::CostResult& cost);

// "below 7.11 operations/s serverless of cosmos is cheaper, above it manual of cosmos ($23.36)".
std::string CrossingText(const v1::CostResult& cost, const v1::CostCrossing& crossing);

// A line per way to pay, for the terminal.
std::string CostTable(const v1::RunResult& run, const std::string& scenario, int width);

// Scenarios with a cost, in order of appearance.
std::vector<std::string> PricedScenarios(const v1::RunResult& run);

}  // namespace weir
