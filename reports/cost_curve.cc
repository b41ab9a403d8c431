#include "reports/cost_curve.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir {
namespace {

// Where a quantity that is `per_rate` times the rate reaches the multiples of a step.
void AddSteps(double per_rate, double step, double least, double most, std::vector<double>* rates) {
  if (per_rate <= 0) return;
  for (double at = std::max(step, std::floor(least / step) * step); at / per_rate < most;
       at += step) {
    rates->push_back(at / per_rate);
  }
}

// A few rates at which autoscale's bill changes between one maximum and the next: there each hour's
// peak comes over the floor, or reaches the maximum.
void AddBends(const CosmosTerms& terms, const CosmosLoad& load, double rate, double next,
              std::vector<double>* rates) {
  const CosmosLoad within = load.At((rate + next) / 2);
  const auto maximum = static_cast<double>(AutoscaleMaximum(terms, within));
  for (const double peak : load.hour_peaks) {
    if (peak <= 0) continue;
    for (const double bound : {terms.prices.autoscale_floor() * maximum, maximum}) {
      const double at = bound / peak * load.operations_per_s;
      if (at > rate && at < next) rates->push_back(at);
    }
  }
}

double NeedPerRate(const CosmosTerms& terms, const CosmosLoad& load) {
  return load.demand_ru_per_s * (1 + terms.headroom) / load.operations_per_s;
}

struct Piece {
  double from;
  double to;
  double left;   // the difference just after `from`
  double right;  // and just before `to`
};

// On a piece the difference is a straight line, which two points inside it tell.
Piece PieceBetween(const CostCurve& first, const CostCurve& second, double from, double to) {
  const auto difference = [&](double rate) { return first.PerMonth(rate) - second.PerMonth(rate); };
  const double near = difference(from + (to - from) / 3);
  const double far = difference(from + (to - from) / 3 * 2);
  return {from, to, 2 * near - far, 2 * far - near};
}

// Where a piece begins, on it: the step itself belongs to neither side.
double CheaperAtStart(const CostCurve& first, const CostCurve& second, const Piece& piece) {
  const auto start = [&](const CostCurve& curve) {
    return 2 * curve.PerMonth(piece.from + (piece.to - piece.from) / 3) -
           curve.PerMonth(piece.from + (piece.to - piece.from) / 3 * 2);
  };
  return std::min(start(first), start(second));
}

int SignOf(double difference, double scale) {
  if (std::abs(difference) <= 1e-9 * scale) return 0;
  return difference < 0 ? -1 : 1;
}

}  // namespace

CostCurve CostCurve::Manual(std::string name, const CosmosTerms& terms, const CosmosLoad& load) {
  CostCurve curve;
  curve.name_ = std::move(name);
  curve.per_month_ = [terms, load](double rate) {
    const CosmosLoad at = load.At(rate);
    return ManualLine(terms, at, ManualThroughput(terms, at)).per_month();
  };
  curve.breaks_ = [terms, load](double most) {
    std::vector<double> rates;
    AddSteps(NeedPerRate(terms, load), terms.prices.manual_step(), terms.prices.manual_least(),
             most, &rates);
    return rates;
  };
  return curve;
}

CostCurve CostCurve::Autoscale(std::string name, const CosmosTerms& terms, const CosmosLoad& load) {
  CostCurve curve;
  curve.name_ = std::move(name);
  curve.per_month_ = [terms, load](double rate) {
    const CosmosLoad at = load.At(rate);
    return AutoscaleLine(terms, at, AutoscaleMaximum(terms, at)).per_month();
  };
  curve.breaks_ = [terms, load](double most) {
    std::vector<double> rates;
    AddSteps(NeedPerRate(terms, load), terms.prices.autoscale_step(), 0, most, &rates);
    std::vector<double> ends = rates;
    ends.push_back(most);
    double rate = 0;
    for (const double next : ends) {
      AddBends(terms, load, rate, next, &rates);
      rate = next;
    }
    return rates;
  };
  return curve;
}

CostCurve CostCurve::Serverless(std::string name, const CosmosTerms& terms, const CosmosLoad& load,
                                uint64_t partitions) {
  CostCurve curve;
  curve.name_ = std::move(name);
  curve.per_month_ = [terms, load, partitions](double rate) {
    return ServerlessLine(terms, load.At(rate), partitions).per_month();
  };
  const auto most =
      static_cast<double>(terms.prices.serverless_most() * std::max<uint64_t>(1, partitions));
  if (load.demand_ru_per_s > 0) {
    curve.up_to_per_s_ = most / load.demand_ru_per_s * load.operations_per_s;
  }
  return curve;
}

CostCurve CostCurve::Flat(std::string name, double per_month, double up_to_per_s) {
  CostCurve curve;
  curve.name_ = std::move(name);
  curve.per_month_ = [per_month](double) { return per_month; };
  curve.up_to_per_s_ = up_to_per_s;
  return curve;
}

std::vector<Crossing> CrossingsOf(const CostCurve& first, const CostCurve& second, double most) {
  const double end = std::min({most, first.up_to_per_s(), second.up_to_per_s()});
  std::vector<Crossing> crossings;
  if (!(end > 0)) return crossings;
  std::vector<double> bounds = first.Breaks(end);
  for (const double rate : second.Breaks(end)) bounds.push_back(rate);
  bounds.push_back(0);
  bounds.push_back(end);
  std::sort(bounds.begin(), bounds.end());
  int sign = 0;  // of the difference so far
  const auto cross = [&](int now, double rate, double per_month) {
    if (now != 0 && sign != 0 && now != sign) crossings.push_back({rate, per_month, sign < 0});
    if (now != 0) sign = now;
  };
  for (size_t i = 0; i + 1 < bounds.size(); ++i) {
    if (bounds[i + 1] - bounds[i] <= 1e-12 * end) continue;
    const Piece piece = PieceBetween(first, second, bounds[i], bounds[i + 1]);
    const double middle = (piece.from + piece.to) / 2;
    const double scale = std::max(std::abs(first.PerMonth(middle)), 1e-12);
    const int left = SignOf(piece.left, scale);
    const int right = SignOf(piece.right, scale);
    cross(left, piece.from, CheaperAtStart(first, second, piece));  // a step
    if (left == 0 || left == right) {
      cross(right, piece.from, CheaperAtStart(first, second, piece));
      continue;
    }
    if (right == 0) continue;
    const double at =
        piece.from + (piece.to - piece.from) * piece.left / (piece.left - piece.right);
    cross(right, at, first.PerMonth(at));
  }
  return crossings;
}

}  // namespace weir
