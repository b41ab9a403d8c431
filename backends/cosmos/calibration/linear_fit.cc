#include "backends/cosmos/calibration/linear_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace weir::cosmos {
namespace {

using Matrix = std::vector<std::vector<double>>;

constexpr int kReweightings = 30;
constexpr double kHuber = 1.345;      // 95 % as good as least squares where errors are normal
constexpr double kLeastPivot = 1e-9;  // of columns scaled to 1: below, they depend on one another

// The inverse of the symmetric matrix over the columns in use; a column that depends on others is
// taken out of use.
Matrix Invert(Matrix matrix, std::vector<bool>* used) {
  const size_t n = matrix.size();
  Matrix inverse(n, std::vector<double>(n));
  for (size_t i = 0; i < n; ++i) inverse[i][i] = 1;
  for (size_t column = 0; column < n; ++column) {
    if (!(*used)[column]) continue;
    if (matrix[column][column] < kLeastPivot) {
      (*used)[column] = false;
      continue;
    }
    const double pivot = matrix[column][column];
    for (size_t k = 0; k < n; ++k) matrix[column][k] /= pivot, inverse[column][k] /= pivot;
    for (size_t row = 0; row < n; ++row) {
      const double factor = matrix[row][column];
      if (row == column || factor == 0) continue;
      for (size_t k = 0; k < n; ++k) {
        matrix[row][k] -= factor * matrix[column][k];
        inverse[row][k] -= factor * inverse[column][k];
      }
    }
  }
  return inverse;
}

class Regression {
 public:
  Regression(const Matrix& rows, const std::vector<double>& rights, double resolution)
      : rows_(rows),
        rights_(rights),
        resolution_(resolution),
        unknowns_(rows.empty() ? 0 : rows[0].size()),
        weights_(rows.size(), 1),
        scales_(unknowns_) {
    for (const auto& row : rows_) {
      for (size_t k = 0; k < unknowns_; ++k) scales_[k] = std::max(scales_[k], std::abs(row[k]));
    }
  }

  LinearFit Solve() {
    std::vector<bool> used(unknowns_);
    for (size_t k = 0; k < unknowns_; ++k) used[k] = scales_[k] > 0;
    LinearFit fit = Reweighted(used);
    while (true) {
      const auto least = std::min_element(fit.values.begin(), fit.values.end());
      if (least == fit.values.end() || *least >= 0) return fit;
      const auto held = static_cast<size_t>(least - fit.values.begin());
      used[held] = false;
      held_.push_back(held);
      fit = Reweighted(used);
    }
  }

 private:
  LinearFit Reweighted(const std::vector<bool>& used) {
    std::fill(weights_.begin(), weights_.end(), 1);
    LinearFit fit = Once(used);
    for (int i = 0; i < kReweightings; ++i) {
      Reweight(fit);
      fit = Once(used);
    }
    for (const size_t held : held_) fit.determined[held] = true;  // as nothing at all
    return fit;
  }

  double Residual(size_t i, const std::vector<double>& values) const {
    return rights_[i] - std::inner_product(values.begin(), values.end(), rows_[i].begin(), 0.0);
  }

  void Reweight(const LinearFit& fit) {
    std::vector<double> distances;
    for (size_t i = 0; i < rows_.size(); ++i) {
      distances.push_back(std::abs(Residual(i, fit.values)));
    }
    std::vector<double> sorted = distances;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<long>(sorted.size() / 2),
                     sorted.end());
    const double scale = std::max(resolution_, 1.4826 * sorted[sorted.size() / 2]);
    for (size_t i = 0; i < rows_.size(); ++i) {
      weights_[i] = distances[i] <= kHuber * scale ? 1 : kHuber * scale / distances[i];
    }
  }

  // Weighted least squares by the normal equations, columns scaled to 1.
  LinearFit Once(std::vector<bool> used) const {
    const size_t n = unknowns_;
    Matrix normal(n, std::vector<double>(n));
    std::vector<double> right(n);
    for (size_t i = 0; i < rows_.size(); ++i) {
      for (size_t a = 0; a < n; ++a) {
        if (!used[a]) continue;
        const double scaled = weights_[i] * rows_[i][a] / scales_[a];
        right[a] += scaled * rights_[i];
        for (size_t b = 0; b < n; ++b) {
          if (used[b]) normal[a][b] += scaled * rows_[i][b] / scales_[b];
        }
      }
    }
    const Matrix inverse = Invert(normal, &used);
    LinearFit fit{std::vector<double>(n), std::vector<double>(n), used};
    for (size_t a = 0; a < n; ++a) {
      if (!used[a]) continue;
      for (size_t b = 0; b < n; ++b) {
        if (used[b]) fit.values[a] += inverse[a][b] * right[b] / scales_[a];
      }
    }
    SetErrors(inverse, &fit);
    return fit;
  }

  void SetErrors(const Matrix& inverse, LinearFit* fit) const {
    double sum = 0;
    double weight = 0;
    for (size_t i = 0; i < rows_.size(); ++i) {
      const double residual = Residual(i, fit->values);
      sum += weights_[i] * residual * residual;
      weight += weights_[i];
    }
    const double free = weight - static_cast<double>(std::count(fit->determined.begin(),
                                                                fit->determined.end(), true));
    const double variance =
        std::max(free > 0 ? sum / free : 0, resolution_ * resolution_ / 3);  // uniform
    for (size_t k = 0; k < unknowns_; ++k) {
      if (fit->determined[k]) fit->errors[k] = std::sqrt(variance * inverse[k][k]) / scales_[k];
    }
  }

  const Matrix& rows_;
  const std::vector<double>& rights_;
  const double resolution_;
  const size_t unknowns_;
  std::vector<double> weights_;
  std::vector<double> scales_;
  std::vector<size_t> held_;
};

}  // namespace

LinearFit FitLinear(const std::vector<std::vector<double>>& rows, const std::vector<double>& rights,
                    double resolution) {
  if (rows.empty()) return {};
  return Regression(rows, rights, resolution).Solve();
}

}  // namespace weir::cosmos
