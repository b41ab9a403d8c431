// What a run's targets cost for what they were seen to do (R35), by a price book: computed from the
// stored result, so that any old run can be priced anew.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "proto/prices.pb.h"
#include "proto/results.pb.h"
#include "reports/cost_curve.h"
#include "reports/results_store.h"

namespace weir {

// Prices every leg, or of a search every target at the rate that it sustains. `region` is one of
// the book's. Thresholds have been judged and capacities found. No legs when nothing can be priced
// and nobody asked for it.
absl::StatusOr<v1::CostResult> ComputeCost(const ResultsStore& store, const v1::RunResult& run,
                                           const v1::PriceBook& book, const std::string& region);

// As it was priced: the load of a Cosmos DB target.
CosmosLoad LoadOf(const v1::LegCost& cost);

// Of a comparison only the last round is shown side by side.
bool IsSideBySide(const v1::RunResult& run, const v1::CostResult& cost, const v1::LegCost& leg);

// A way to pay for a target, over the rate. Refers to `cost` and `run`.
struct WayToPay {
  CostCurve curve;
  const v1::LegCost& cost;
  const v1::Leg& leg;
  std::string billing;
};

// Of the legs whose money is shown side by side; of a comparison those of the last round.
std::vector<WayToPay> WaysToPay(const v1::RunResult& run, const v1::CostResult& cost,
                                const std::string& scenario);

// As far as lines of cost are drawn and compared: twice the highest rate that was measured.
double HighestRate(const std::vector<WayToPay>& ways);

// "manual of cosmos", "Standard_D4s_v3 of postgres".
std::string WayName(const v1::RunResult& run, const v1::Leg& leg, const std::string& billing);

}  // namespace weir
