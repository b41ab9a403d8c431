#include "backends/cosmos/calibration/charge_fit.h"

#include <algorithm>
#include <cmath>

#include "backends/cosmos/calibration/piecewise_fit.h"

namespace weir::cosmos {
namespace {

constexpr double kHundredth = 0.005;  // charges are rounded to hundredths of an RU

bool IsWrite(Charged what) {
  return what == Charged::kCreate || what == Charged::kDelete || what == Charged::kReplace ||
         what == Charged::kPatch;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

class Fitting {
 public:
  Fitting(const std::vector<Observation>& observations, const ChargeCoefficients& before)
      : observations_(observations), after_(before) {}

  ChargeFit Run(const ChargeCoefficients& before) {
    FitQuantum();
    FitWrites();
    FitReplaces();
    FitReads();
    FitStrong();
    FitQueriesAndFeeds();
    FitFlat(Charged::kConflict, &ChargeCoefficients::conflict, 1);
    FitFlat(Charged::kRefused, &ChargeCoefficients::refused, 1);
    FitFlat(Charged::kMetadata, &ChargeCoefficients::metadata, 1);
    if (after_.quantum > 0) {
      FitFlat(Charged::kThrottled, &ChargeCoefficients::throttled_quanta, after_.quantum);
    }
    ChargeFit fit{after_, {}, Judge()};
    for (const Coefficient& each : Coefficients()) {
      FittedCoefficient change{each.name, before.*each.value, after_.*each.value};
      for (const Found& found : found_) {
        if (found.value != each.value) continue;
        change.determined = true;
        change.error = found.error;
      }
      fit.changes.push_back(change);
    }
    return fit;
  }

 private:
  struct Found {
    double ChargeCoefficients::*value;
    double error;
  };

  void Set(double ChargeCoefficients::*coefficient, double value, double error) {
    after_.*coefficient = value;
    found_.push_back({coefficient, error});
  }

  // The coefficients of a linear fit's columns, in this order.
  void Take(const LinearFit& fit, std::vector<double ChargeCoefficients::*> columns) {
    for (size_t k = 0; k < fit.values.size(); ++k) {
      if (fit.determined[k]) Set(columns[k], fit.values[k], fit.errors[k]);
    }
  }

  std::vector<double> ChargesOf(Charged what) const {
    std::vector<double> charges;
    for (const Observation& seen : observations_) {
      if (seen.what == what) charges.push_back(seen.ru);
    }
    return charges;
  }

  void FitQuantum() {
    std::vector<double> charges;
    for (const Observation& seen : observations_) {
      if (IsWrite(seen.what)) charges.push_back(seen.ru);
    }
    if (charges.size() < 10) return;
    Set(&ChargeCoefficients::quantum, FindQuantum(charges), 0);
  }

  // How exactly a write's charge is known: within half a quantum.
  double WriteResolution() const { return std::max(kHundredth, after_.quantum / 2); }

  void FitWrites() {
    std::vector<std::vector<double>> rows;
    std::vector<double> rights;
    for (const Observation& seen : observations_) {
      if (seen.what != Charged::kCreate && seen.what != Charged::kDelete) continue;
      rows.push_back({1, seen.kb, static_cast<double>(seen.terms)});
      rights.push_back(seen.ru);
    }
    Take(FitLinear(rows, rights, WriteResolution()),
         {&ChargeCoefficients::write_base, &ChargeCoefficients::write_per_kb,
          &ChargeCoefficients::write_per_term});
  }

  void FitReplaces() {
    std::vector<std::vector<double>> rows;
    std::vector<double> rights;
    for (const Observation& seen : observations_) {
      if (seen.what != Charged::kReplace && seen.what != Charged::kPatch) continue;
      const double body = after_.write_base + after_.write_per_kb * (seen.old_kb + seen.kb) / 2;
      rows.push_back({body, static_cast<double>(seen.changed_terms)});
      rights.push_back(seen.ru);
    }
    Take(FitLinear(rows, rights, WriteResolution()),
         {&ChargeCoefficients::replace_factor, &ChargeCoefficients::replace_per_changed_term});
  }

  void FitReads() {
    const std::vector<double> without_body = ChargesOf(Charged::kReadWithoutBody);
    if (!without_body.empty()) {
      Set(&ChargeCoefficients::read_least, Median(without_body), kHundredth);
    }
    std::vector<SizedCharge> reads;
    for (const Observation& seen : observations_) {
      if (seen.what == Charged::kRead) reads.push_back({seen.kb, seen.ru});
    }
    const ReadFit fit = FitReadsBySize(reads, after_.read_least);
    if (fit.small_determined) {
      Set(&ChargeCoefficients::read_first_kb, fit.first_kb, fit.first_kb_error);
      Set(&ChargeCoefficients::read_per_kb, fit.per_kb, fit.per_kb_error);
    }
    if (fit.large_determined) {
      Set(&ChargeCoefficients::read_large_per_kb, fit.large_per_kb, fit.large_per_kb_error);
    }
    // Not determined: below every read that was observed, wherever it lies.
    for (const SizedCharge& read : reads) {
      if (fit.large_determined || read.kb <= 0) continue;
      after_.read_large_per_kb = std::min(after_.read_large_per_kb, read.ru / read.kb);
    }
  }

  void FitStrong() {
    ChargeCoefficients plain = after_;
    plain.strong_factor = 1;
    const ChargeModel model(plain);
    std::vector<double> factors;
    for (const Observation& seen : observations_) {
      if (seen.what == Charged::kStrongRead) factors.push_back(seen.ru / Modelled(model, seen));
    }
    if (!factors.empty()) Set(&ChargeCoefficients::strong_factor, Median(factors), 0);
  }

  void FitFlat(Charged what, double ChargeCoefficients::*coefficient, double unit) {
    const std::vector<double> charges = ChargesOf(what);
    if (!charges.empty()) Set(coefficient, Median(charges) / unit, kHundredth / unit);
  }

  void FitQueriesAndFeeds() {
    const QueryFit fit = FitQueries(observations_);
    Take(fit.linear, QueryColumns());
  }

  std::vector<KindFit> Judge() const {
    const ChargeModel model(after_);
    std::vector<KindFit> kinds;
    for (int i = 0; i < kChargedKinds; ++i) {
      KindFit kind{static_cast<Charged>(i)};
      std::vector<double> errors;
      for (const Observation& seen : observations_) {
        if (seen.what != kind.what) continue;
        const double difference = std::abs(Modelled(model, seen) - seen.ru);
        errors.push_back(seen.ru > 0 ? difference / seen.ru : 0);
        kind.worst_ru = std::max(kind.worst_ru, difference);
      }
      if (errors.empty()) continue;
      kind.observations = static_cast<int>(errors.size());
      kind.worst_error = *std::max_element(errors.begin(), errors.end());
      kind.median_error = Median(std::move(errors));
      kinds.push_back(kind);
    }
    return kinds;
  }

  const std::vector<Observation>& observations_;
  ChargeCoefficients after_;
  std::vector<Found> found_;
};

}  // namespace

double FindQuantum(const std::vector<double>& charges) {
  constexpr double kLeast = 0.05;
  constexpr double kMost = 2;
  constexpr double kFew = 0.05;  // of the charges may lie off the grid
  const double largest = charges.empty() ? 0 : *std::max_element(charges.begin(), charges.end());
  const auto steps = [](double charge, double quantum) { return std::round(charge / quantum); };
  for (double k = std::max(1.0, std::ceil(largest / kMost)); largest / k >= kLeast; ++k) {
    const double quantum = largest / k;
    const auto off = std::count_if(charges.begin(), charges.end(), [&](double charge) {
      return std::abs(charge - steps(charge, quantum) * quantum) > 2.05 * kHundredth;
    });
    if (static_cast<double>(off) > kFew * static_cast<double>(charges.size())) continue;
    double product = 0;
    double square = 0;
    for (const double charge : charges) {
      product += charge * steps(charge, quantum);
      square += steps(charge, quantum) * steps(charge, quantum);
    }
    return product / square;
  }
  return 0;
}

ChargeFit FitCharges(const std::vector<Observation>& observations,
                     const ChargeCoefficients& before) {
  return Fitting(observations, before).Run(before);
}

}  // namespace weir::cosmos
