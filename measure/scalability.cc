#include "measure/scalability.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/random.h"

namespace weir {
namespace {

constexpr int kResamples = 2000;
// A load beyond the peak is one whose throughput is lower than the highest by more than this.
constexpr double kDecline = 0.01;

using Coefficients = std::array<double, 3>;

double Term(int i, double n) { return i == 0 ? 1 : i == 1 ? n - 1 : n * (n - 1); }

// Weighted normal equations over the columns in `used`, by Gaussian elimination with pivots.
std::optional<Coefficients> Solve(absl::Span<const ScalabilityPoint> points,
                                  const std::array<bool, 3>& used) {
  double a[3][4] = {};
  for (const ScalabilityPoint& point : points) {
    // Relative errors: each row of N ÷ X is divided by it.
    const double scale = point.per_s / point.sessions;
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) {
        a[i][j] += scale * scale * Term(i, point.sessions) * Term(j, point.sessions);
      }
      a[i][3] += scale * Term(i, point.sessions);
    }
  }
  for (int i = 0; i < 3; ++i) {
    if (used[static_cast<size_t>(i)]) continue;
    for (int j = 0; j < 4; ++j) a[i][j] = 0;
    for (auto& row : a) row[i] = 0;
    a[i][i] = 1;
  }
  for (int column = 0; column < 3; ++column) {
    int pivot = column;
    for (int row = column + 1; row < 3; ++row) {
      if (std::abs(a[row][column]) > std::abs(a[pivot][column])) pivot = row;
    }
    if (a[pivot][column] == 0) return std::nullopt;
    std::swap(a[pivot], a[column]);
    for (int row = 0; row < 3; ++row) {
      if (row == column) continue;
      const double factor = a[row][column] / a[column][column];
      for (int j = column; j < 4; ++j) a[row][j] -= factor * a[column][j];
    }
  }
  return Coefficients{a[0][3] / a[0][0], a[1][3] / a[1][1], a[2][3] / a[2][2]};
}

double SumOfSquares(absl::Span<const ScalabilityPoint> points, const Coefficients& c) {
  double sum = 0;
  for (const ScalabilityPoint& point : points) {
    double fitted = 0;
    for (int i = 0; i < 3; ++i) fitted += c[static_cast<size_t>(i)] * Term(i, point.sessions);
    const double residual = fitted * point.per_s / point.sessions - 1;
    sum += residual * residual;
  }
  return sum;
}

// Non-negative least squares with three columns: the best of the eight that are feasible.
std::optional<Coefficients> Fit(absl::Span<const ScalabilityPoint> points) {
  std::optional<Coefficients> best;
  double least = 0;
  for (int subset = 0; subset < 4; ++subset) {
    const auto found = Solve(points, {true, (subset & 1) == 0, (subset & 2) == 0});
    if (!found || (*found)[0] <= 0 || (*found)[1] < 0 || (*found)[2] < 0) continue;
    const double sum = SumOfSquares(points, *found);
    if (best && sum >= least) continue;
    best = found;
    least = sum;
  }
  return best;
}

double Alpha(const Coefficients& c) { return c[1] / c[0]; }
double Beta(const Coefficients& c) { return c[2] / c[0]; }

double Throughput(const Coefficients& c, double n) {
  return n / (c[0] + c[1] * (n - 1) + c[2] * n * (n - 1));
}

// Infinity where nothing brings the throughput down again.
double Peak(const Coefficients& c) {
  if (c[2] <= 0) return std::numeric_limits<double>::infinity();
  return std::max(1.0, std::sqrt(std::max(0.0, (1 - Alpha(c)) / Beta(c))));
}

std::string WhyNot(absl::Span<const ScalabilityPoint> points) {
  std::set<double> loads;
  for (const ScalabilityPoint& point : points) loads.insert(point.sessions);
  if (loads.size() < kFewestScalabilityPoints) {
    return absl::StrCat(loads.size(), loads.size() == 1 ? " load" : " loads",
                        " can be used, a fit needs ", kFewestScalabilityPoints);
  }
  const auto lower = [](const ScalabilityPoint& a, const ScalabilityPoint& b) {
    return a.per_s < b.per_s;
  };
  const ScalabilityPoint highest = *std::max_element(points.begin(), points.end(), lower);
  const bool past = std::any_of(points.begin(), points.end(), [&](const ScalabilityPoint& point) {
    return point.sessions > highest.sessions && point.per_s < (1 - kDecline) * highest.per_s;
  });
  if (past) return "";
  return "no load lies past the peak: the throughput never falls again";
}

ConfidenceInterval Middle95(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) {
    return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
  };
  return {at(0.025), at(0.975)};
}

// Points on the fitted curve with the relative residuals dealt out anew. Residuals of a fit with
// three parameters are too small by √((n − 3) ÷ n), which is put right.
void Bootstrap(absl::Span<const ScalabilityPoint> points, const Coefficients& c, uint64_t seed,
               ScalabilityFit* fit) {
  const auto n = static_cast<double>(points.size());
  const double inflate = std::sqrt(n / (n - 3));
  std::vector<double> residuals;
  double mean = 0;
  for (const ScalabilityPoint& point : points) {
    residuals.push_back(std::log(point.per_s / Throughput(c, point.sessions)));
    mean += residuals.back() / n;
  }
  const uint64_t key = DeriveKey(seed, "scalability bootstrap");
  std::vector<ScalabilityPoint> resampled(points.begin(), points.end());
  std::vector<double> alphas;
  std::vector<double> betas;
  std::vector<double> peaks;
  for (uint64_t i = 0; i < kResamples; ++i) {
    for (size_t j = 0; j < points.size(); ++j) {
      const uint64_t drawn = Draw(key, i * points.size() + j) % residuals.size();
      const double residual = inflate * (residuals[drawn] - mean);
      resampled[j].per_s = Throughput(c, points[j].sessions) * std::exp(residual);
    }
    const auto refit = Fit(resampled);
    if (!refit) continue;
    alphas.push_back(Alpha(*refit));
    betas.push_back(Beta(*refit));
    peaks.push_back(Peak(*refit));
  }
  if (alphas.empty()) return;
  fit->alpha_95 = Middle95(std::move(alphas));
  fit->beta_95 = Middle95(std::move(betas));
  fit->peak_95 = Middle95(std::move(peaks));
}

}  // namespace

ScalabilityFit FitScalability(absl::Span<const ScalabilityPoint> given, uint64_t seed) {
  std::vector<ScalabilityPoint> points;
  for (const ScalabilityPoint& point : given) {
    if (point.per_s > 0 && point.sessions >= 1) points.push_back(point);
  }
  ScalabilityFit fit;
  fit.missing = WhyNot(points);
  if (!fit.missing.empty()) return fit;
  const auto found = Fit(points);
  if (!found || (*found)[2] <= 0) {
    fit.missing = "the loads do not follow the law: it gives them no peak";
    return fit;
  }
  fit.gamma = 1 / (*found)[0];
  fit.alpha = Alpha(*found);
  fit.beta = Beta(*found);
  fit.peak_sessions = Peak(*found);
  fit.peak_per_s = Throughput(*found, fit.peak_sessions);
  Bootstrap(points, *found, seed, &fit);
  if (fit.beta_95.low <= 0) {
    fit.missing = "that the throughput falls past its peak may be noise";
  }
  return fit;
}

}  // namespace weir
