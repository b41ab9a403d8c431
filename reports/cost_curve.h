// Cost per month over the rate, for one way to pay, and where two such lines cross. The lines are
// made of straight pieces with steps between them, so that crossings are exact. Pure.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "reports/bill.h"

namespace weir {

class CostCurve {
 public:
  // `load` is what was measured; other rates are the same mix. The terms' prices outlive the curve.
  static CostCurve Manual(std::string name, const CosmosTerms& terms, const CosmosLoad& load);
  static CostCurve Autoscale(std::string name, const CosmosTerms& terms, const CosmosLoad& load);
  static CostCurve Serverless(std::string name, const CosmosTerms& terms, const CosmosLoad& load,
                              uint64_t partitions);
  // The same at every rate up to the one that it is known to serve.
  static CostCurve Flat(std::string name, double per_month, double up_to_per_s);

  const std::string& name() const { return name_; }
  double up_to_per_s() const { return up_to_per_s_; }  // infinity: as far as one likes
  double PerMonth(double rate_per_s) const { return per_month_(rate_per_s); }

  // Rates in (0, most) at which the line bends or steps; in no order.
  std::vector<double> Breaks(double most) const { return breaks_(most); }

 private:
  std::string name_;
  double up_to_per_s_ = std::numeric_limits<double>::infinity();
  std::function<double(double)> per_month_;
  std::function<std::vector<double>(double)> breaks_ = [](double) { return std::vector<double>(); };
};

struct Crossing {
  double per_s = 0;
  double per_month = 0;
  bool first_is_cheaper_below = true;
};

// Rates in (0, most], within what both serve, at which the cheaper of the two changes.
std::vector<Crossing> CrossingsOf(const CostCurve& first, const CostCurve& second, double most);

}  // namespace weir
