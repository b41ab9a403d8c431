#include "measure/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace weir {
namespace {

// Sums of probabilities carry errors of this order; what is meant to be equal is.
constexpr double kRounding = 1e-12;

// Twice the ranks of the amounts, so that shared ranks are integers; 0 for a difference of zero,
// whose sign adds to neither side.
std::vector<size_t> DoubledRanks(absl::Span<const double> differences) {
  const size_t count = differences.size();
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  const auto amount = [&](size_t i) { return std::abs(differences[i]); };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return amount(a) < amount(b); });
  std::vector<size_t> ranks(count);
  for (size_t first = 0; first < count;) {
    size_t end = first + 1;
    while (end < count && amount(order[end]) == amount(order[first])) ++end;
    for (size_t i = first; i < end; ++i) {
      ranks[order[i]] = amount(order[i]) == 0 ? 0 : first + 1 + end;
    }
    first = end;
  }
  return ranks;
}

// The probability of each sum of the positive ones among `ranks`, when every sign is a coin.
std::vector<double> SumDistribution(absl::Span<const size_t> ranks) {
  std::vector<double> chance(std::accumulate(ranks.begin(), ranks.end(), size_t{0}) + 1);
  chance[0] = 1;
  size_t highest = 0;
  for (const size_t rank : ranks) {
    if (rank == 0) continue;
    highest += rank;
    for (size_t sum = highest + 1; sum-- > 0;) {
      chance[sum] = (chance[sum] + (sum >= rank ? chance[sum - rank] : 0)) / 2;
    }
  }
  return chance;
}

double ChanceUpTo(const std::vector<double>& chance, size_t sum) {
  return std::accumulate(chance.begin(), chance.begin() + static_cast<std::ptrdiff_t>(sum) + 1,
                         0.0);
}

double MiddleOf(const std::vector<double>& ascending) {
  const size_t count = ascending.size();
  if (count == 0) return 0;
  return (ascending[(count - 1) / 2] + ascending[count / 2]) / 2;
}

}  // namespace

bool ConfidenceInterval::Bounded() const { return std::isfinite(low) && std::isfinite(high); }

std::vector<double> WalshAverages(absl::Span<const double> differences) {
  std::vector<double> averages;
  averages.reserve(differences.size() * (differences.size() + 1) / 2);
  for (size_t i = 0; i < differences.size(); ++i) {
    for (size_t j = i; j < differences.size(); ++j) {
      averages.push_back((differences[i] + differences[j]) / 2);
    }
  }
  std::sort(averages.begin(), averages.end());
  return averages;
}

double HodgesLehmann(absl::Span<const double> differences) {
  return MiddleOf(WalshAverages(differences));
}

size_t AveragesToTheEnd(size_t pairs, double confidence) {
  if (pairs == 0) return 0;
  std::vector<size_t> ranks(pairs);
  std::iota(ranks.begin(), ranks.end(), size_t{1});
  const std::vector<double> chance = SumDistribution(ranks);
  const double tail = (1 - confidence) / 2 * (1 + kRounding);
  // As many Walsh averages lie outside at each end as sums are too small to be believed.
  size_t outside = 0;
  for (double below = chance[0]; below <= tail; below += chance[outside]) ++outside;
  return outside;
}

ConfidenceInterval SignedRankInterval(absl::Span<const double> differences, double confidence) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const size_t from_end = AveragesToTheEnd(differences.size(), confidence);
  if (from_end == 0) return {-kInfinity, kInfinity};
  const std::vector<double> averages = WalshAverages(differences);
  return {averages[from_end - 1], averages[averages.size() - from_end]};
}

double SignedRankP(absl::Span<const double> differences) {
  const std::vector<size_t> ranks = DoubledRanks(differences);
  size_t positive = 0;
  for (size_t i = 0; i < ranks.size(); ++i) positive += differences[i] > 0 ? ranks[i] : 0;
  const std::vector<double> chance = SumDistribution(ranks);
  const size_t all = chance.size() - 1;
  return std::min(1.0, 2 * ChanceUpTo(chance, std::min(positive, all - positive)));
}

size_t LeastPairs(size_t comparisons, double significance) {
  size_t pairs = 1;
  double smallest = 1;  // 2 ÷ 2^pairs
  while (smallest * static_cast<double>(comparisons) > significance * (1 + kRounding)) {
    ++pairs;
    smallest /= 2;
  }
  return pairs;
}

}  // namespace weir
