#include "backends/cosmos/calibration/charge_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "backends/cosmos/calibration/linear_fit.h"
#include "base/random.h"

namespace weir::cosmos {
namespace {

// What an account with these coefficients would answer to requests of many sizes.
std::vector<Observation> ObservedOf(const ChargeCoefficients& coefficients) {
  const ChargeModel model(coefficients);
  std::vector<Observation> all;
  const auto add = [&](Observation seen) {
    seen.ru = Modelled(model, seen);
    all.push_back(std::move(seen));
  };
  const double sizes[] = {0.3, 0.5, 1.1, 1.7, 2.9, 4.3, 7.7, 12.1, 19.9, 31, 47, 66, 83, 101};
  int terms = 0;
  for (const double kb : sizes) {
    terms = (terms * 7 + 3) % 61;
    add({.what = Charged::kRead, .kb = kb});
    for (const int t : {0, 2, terms}) {
      add({.what = Charged::kCreate, .kb = kb, .terms = t});
      add({.what = Charged::kDelete, .kb = kb * 0.9, .terms = t});
      add({.what = Charged::kReplace, .kb = kb, .old_kb = kb * 0.8, .changed_terms = t});
    }
  }
  add({.what = Charged::kReadWithoutBody});
  for (const int predicates : {0, 1, 2, 4}) {
    for (const bool order_by : {false, true}) {
      const QueryCost cost{
          .filter = predicates > 0, .predicates = predicates, .order_by = order_by};
      add({.what = Charged::kQuery, .query = cost});
      for (const double kb : {0.5, 7.0, 46.0}) {
        const auto what = order_by ? QueriedItem::kSorted : QueriedItem::kReturned;
        add({.what = Charged::kQuery, .query = cost, .items = {{what, kb, 20}}});
        add({.what = Charged::kQuery, .query = cost, .items = {{QueriedItem::kScanned, kb, 30}}});
      }
    }
  }
  for (const double kb : {0.5, 7.0, 46.0}) {
    add({.what = Charged::kFeedPage, .items = {{QueriedItem::kReturned, kb, 9}}});
    add({.what = Charged::kChangeFeedPage, .items = {{QueriedItem::kReturned, kb, 9}}});
  }
  for (const Charged what : {Charged::kConflict, Charged::kRefused, Charged::kMetadata,
                             Charged::kThrottled, Charged::kChangeFeedPage}) {
    add({.what = what});
  }
  add({.what = Charged::kStrongRead, .kb = 50});
  return all;
}

// Every coefficient up to a third more or less. The line for large items stays the steeper one,
// and the least charge no more than that of 1 KB: else no item would lie on one of the lines.
ChargeCoefficients Altered(uint64_t seed) {
  ChargeCoefficients altered;
  DrawStream draws(DeriveKey(seed, "alter"), 0);
  for (const Coefficient& each : Coefficients()) {
    altered.*each.value *= 0.75 + 0.6 * Unit(draws.Next());
  }
  altered.read_per_kb = std::min(altered.read_per_kb, 0.7 * altered.read_large_per_kb);
  altered.read_least = std::min(altered.read_least, altered.read_first_kb);
  return altered;
}

// Within what the rounding of single charges leaves open.
double Tolerance(std::string_view name, const ChargeCoefficients& c) {
  if (name == "quantum") return 0.0005;
  if (name == "throttled_quanta" || name == "strong_factor") return 0.06;
  if (name == "document_least" || name == "sorted_least") return 0.001;
  if (name == "write_per_kb") return 0.005;
  if (name.ends_with("per_kb")) return 0.001;
  if (name.starts_with("write") || name.starts_with("replace")) return 0.5 * c.quantum;
  return 0.011;
}

TEST(ChargeFit, FindsAlteredCoefficientsAgain) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const ChargeCoefficients truth = Altered(seed);
    const ChargeFit fit = FitCharges(ObservedOf(truth), {});
    ASSERT_EQ(fit.changes.size(), Coefficients().size());
    for (size_t i = 0; i < fit.changes.size(); ++i) {
      const FittedCoefficient& each = fit.changes[i];
      EXPECT_TRUE(each.determined) << each.name << ", seed " << seed;
      EXPECT_NEAR(each.after, truth.*Coefficients()[i].value, Tolerance(each.name, truth))
          << each.name << ", seed " << seed;
    }
    for (const KindFit& kind : fit.kinds) {
      EXPECT_LE(kind.worst_ru, 1.01 * truth.quantum + 0.011) << NameOf(kind.what) << " " << seed;
    }
  }
}

TEST(ChargeFit, OutliersMoveItLittle) {
  const ChargeCoefficients truth = Altered(3);
  std::vector<Observation> observations = ObservedOf(truth);
  for (size_t i = 0; i < observations.size(); i += 15) observations[i].ru *= 1.5;
  const ChargeFit fit = FitCharges(observations, {});
  EXPECT_NEAR(fit.coefficients.write_base, truth.write_base, 0.4);
  EXPECT_NEAR(fit.coefficients.write_per_term, truth.write_per_term, 0.05);
  EXPECT_NEAR(fit.coefficients.query_base, truth.query_base, 0.1);
}

TEST(ChargeFit, WhatWasNotObservedKeepsItsValueAndIsSaid) {
  ChargeCoefficients before;
  before.feed_base = 7;
  std::vector<Observation> observations = ObservedOf({});
  std::erase_if(observations,
                [](const Observation& seen) { return seen.what == Charged::kFeedPage; });
  const ChargeFit fit = FitCharges(observations, before);
  EXPECT_EQ(fit.coefficients.feed_base, 7);
  for (const FittedCoefficient& each : fit.changes) {
    EXPECT_EQ(each.determined, each.name != "feed_base") << each.name;
  }
  EXPECT_EQ(FitCharges({}, before).coefficients, before);
}

TEST(FindQuantum, IsTheLargestGridThatHoldsTheCharges) {
  EXPECT_NEAR(FindQuantum({5.71, 5.90, 6.29, 7.05, 8.57, 8.76, 10.29, 10.67, 186.10}), 4.0 / 21,
              0.0001);
  EXPECT_NEAR(FindQuantum({1.5, 2.25, 3, 9.75, 100.5}), 0.75, 1e-9);
  EXPECT_EQ(FindQuantum({5.41, 6.07, 7.13, 8.02, 9.97, 11.39, 12.01, 17.77, 23.23}), 0);
  EXPECT_EQ(FindQuantum({}), 0);
}

TEST(FindQuantum, AFewChargesMayLieOffTheGrid) {
  std::vector<double> charges;
  for (int i = 20; i < 60; ++i) charges.push_back(std::round(i * 400.0 / 21) / 100);
  charges[7] += 0.05;
  EXPECT_NEAR(FindQuantum(charges), 4.0 / 21, 0.0001);
}

TEST(LinearFit, IsExactWhereTheRowsAre) {
  const LinearFit fit = FitLinear({{1, 0}, {1, 1}, {1, 2}, {1, 3}}, {2, 5, 8, 11}, 0.001);
  EXPECT_NEAR(fit.values[0], 2, 1e-9);
  EXPECT_NEAR(fit.values[1], 3, 1e-9);
}

TEST(LinearFit, HoldsNegativeValuesAtNothing) {
  const LinearFit fit = FitLinear({{1, 0}, {1, 1}, {1, 2}}, {3, 2, 1}, 0.001);
  EXPECT_EQ(fit.values[1], 0);
  EXPECT_NEAR(fit.values[0], 2, 0.01);
}

TEST(LinearFit, SaysWhatTheRowsDoNotTell) {
  const LinearFit fit = FitLinear({{1, 2, 0}, {2, 4, 0}, {3, 6, 0}}, {1, 2, 3}, 0.001);
  EXPECT_TRUE(fit.determined[0]);
  EXPECT_FALSE(fit.determined[1]);  // only ever with the first
  EXPECT_FALSE(fit.determined[2]);  // never
}

}  // namespace
}  // namespace weir::cosmos
