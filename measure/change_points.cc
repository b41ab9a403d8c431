#include "measure/change_points.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "measure/paired_checks.h"
#include "measure/student_t.h"

namespace weir {
namespace {

constexpr size_t kLeastPart = 2;   // values of a level: fewer have no spread
constexpr double kFirstPass = 10;  // candidates may be so much less certain at first
constexpr double kRounding = 1e-12;

using Values = absl::Span<const double>;

double Mean(Values values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double MeanDistance(Values a, Values b) {
  double sum = 0;
  for (const double x : a) {
    for (const double y : b) sum += std::abs(x - y);
  }
  return sum / static_cast<double>(a.size() * b.size());
}

// Of all ways to part the values in two, the one whose parts are farthest apart.
size_t BestSplit(Values values) {
  size_t best = 0;
  double most = 0;
  for (size_t at = kLeastPart; at + kLeastPart <= values.size(); ++at) {
    const Values left = values.subspan(0, at);
    const Values right = values.subspan(at);
    const double energy =
        2 * MeanDistance(left, right) - MeanDistance(left, left) - MeanDistance(right, right);
    const auto weight = static_cast<double>(at * (values.size() - at));
    const double scaled = weight / static_cast<double>(values.size()) * energy;
    if (scaled <= most) continue;
    most = scaled;
    best = at;
  }
  return best;
}

// Student's, two-sided, of equal variances.
double TwoSampleP(Values a, Values b) {
  if (a.size() < kLeastPart || b.size() < kLeastPart) return 1;
  const auto n = static_cast<double>(a.size());
  const auto m = static_cast<double>(b.size());
  const double difference = Mean(a) - Mean(b);
  const double pooled =
      ((n - 1) * std::pow(StandardDeviation(a), 2) + (m - 1) * std::pow(StandardDeviation(b), 2)) /
      (n + m - 2);
  const double error = std::sqrt(pooled * (1 / n + 1 / m));
  if (error <= kRounding * std::abs(Mean(a))) return difference == 0 ? 1 : 0;
  return StudentP(difference / error, n + m - 2);
}

// Adds the splits of values[begin, end) that hold, from left to right.
void Divide(Values values, size_t begin, size_t end, double most_p, std::vector<size_t>* splits) {
  if (end - begin < 2 * kLeastPart) return;
  const Values part = values.subspan(begin, end - begin);
  const size_t at = BestSplit(part);
  if (at == 0 || TwoSampleP(part.subspan(0, at), part.subspan(at)) > most_p) return;
  Divide(values, begin, begin + at, most_p, splits);
  splits->push_back(begin + at);
  Divide(values, begin + at, end, most_p, splits);
}

// Windows overlap by half, so that no change lies at the edge of all that hold it.
std::vector<size_t> Candidates(Values values, const ChangePointSettings& settings) {
  std::vector<size_t> all;
  const size_t step = std::max<size_t>(1, settings.window / 2);
  for (size_t begin = 0; begin < values.size(); begin += step) {
    const size_t end = std::min(values.size(), begin + settings.window);
    Divide(values, begin, end, settings.most_p * kFirstPass, &all);
    if (end == values.size()) break;
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// Each between its neighbours.
std::vector<LevelChange> Measure(Values values, const std::vector<size_t>& splits) {
  std::vector<LevelChange> changes;
  for (size_t i = 0; i < splits.size(); ++i) {
    const size_t begin = i == 0 ? 0 : splits[i - 1];
    const size_t end = i + 1 == splits.size() ? values.size() : splits[i + 1];
    const Values before = values.subspan(begin, splits[i] - begin);
    const Values after = values.subspan(splits[i], end - splits[i]);
    changes.push_back({splits[i], Mean(before), Mean(after), TwoSampleP(before, after)});
  }
  return changes;
}

bool Holds(const LevelChange& change, const ChangePointSettings& settings) {
  return change.p <= settings.most_p &&
         std::abs(change.after - change.before) > settings.smallest * std::abs(change.before);
}

}  // namespace

std::vector<LevelChange> FindLevelChanges(Values values, const ChangePointSettings& settings) {
  std::vector<size_t> splits = Candidates(values, settings);
  // Without the weakest its neighbours have more to stand on: one is taken out at a time.
  while (true) {
    std::vector<LevelChange> changes = Measure(values, splits);
    const auto weakest = std::max_element(
        changes.begin(), changes.end(), [&](const LevelChange& a, const LevelChange& b) {
          return std::pair(!Holds(a, settings), a.p) < std::pair(!Holds(b, settings), b.p);
        });
    if (weakest == changes.end() || Holds(*weakest, settings)) return changes;
    splits.erase(splits.begin() + (weakest - changes.begin()));
  }
}

}  // namespace weir
