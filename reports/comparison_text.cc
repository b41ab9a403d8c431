#include "reports/comparison_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "reports/comparison_design.h"
#include "reports/metrics.h"

namespace weir {
namespace {

bool IsCharge(const v1::Compared& compared) {
  const Metric* metric = FindMetric(compared.metric());
  return metric != nullptr && metric->unit == Unit::kRu;
}

std::string Percent(double share) {
  const double percent = 100 * share;
  return std::abs(percent) < 99.95 ? absl::StrFormat("%.1f %%", percent)
                                   : absl::StrFormat("%.0f %%", percent);
}

std::string IntervalText(const char* confidence, bool bounded, double low, double high) {
  if (!bounded) return absl::StrCat(confidence, " CI not bounded by so few pairs");
  return absl::StrCat(confidence, " CI ", DifferenceText(low), " … ", DifferenceText(high));
}

std::string Interval95(const v1::Compared& compared) {
  return IntervalText("95 %", compared.has_low() && compared.has_high(), compared.low(),
                      compared.high());
}

std::string PairsText(const v1::Compared& compared) {
  return absl::StrCat("n = ", compared.pairs_size(),
                      compared.pairs_size() == 1 ? " pair" : " pairs");
}

std::string NotExcluded(const v1::Compared& compared) {
  if (!compared.has_low() || !compared.has_high()) return "an effect of any size";
  const double largest = std::max(std::abs(compared.low() - 1), std::abs(compared.high() - 1));
  return absl::StrCat("an effect up to ", Percent(largest));
}

}  // namespace

std::string DifferenceText(double ratio) {
  const double percent = 100 * (ratio - 1);
  if (!std::isfinite(percent)) return "unbounded";
  // Rounded first: what reads 0.0 has no sign.
  const double shown =
      std::abs(percent) < 99.95 ? std::round(10 * percent) / 10 : std::round(percent);
  const std::string sign = shown > 0 ? "+" : shown < 0 ? "−" : "";
  return absl::StrCat(sign, Percent(std::abs(ratio - 1)));
}

std::string FindingWord(const v1::Compared& compared) {
  switch (compared.finding()) {
    case v1::FINDING_FASTER:
      return IsCharge(compared) ? "CHEAPER" : "FASTER";
    case v1::FINDING_SLOWER:
      return IsCharge(compared) ? "DEARER" : "SLOWER";
    case v1::FINDING_DIFFERENT_BELOW_THRESHOLD:
      return "DIFFERENT, BELOW THRESHOLD";
    case v1::FINDING_EQUIVALENT:
      return "EQUIVALENT";
    case v1::FINDING_NO_DIFFERENCE_SHOWN:
      return "NO DIFFERENCE SHOWN";
    case v1::FINDING_INVALID:
      return "INVALID";
    default:
      return "no verdict";
  }
}

namespace {

// By which equivalence was judged.
std::string EquivalenceInterval(const v1::Compared& compared, const v1::ComparisonResult& whole) {
  if (whole.significance() < kSignificance) return Interval95(compared);
  return IntervalText("90 %", true, compared.low_90(), compared.high_90());
}

}  // namespace

std::string FindingSentence(const v1::Compared& compared, const v1::ComparisonResult& whole) {
  const std::string word = FindingWord(compared);
  const std::string figures = absl::StrCat(Interval95(compared), "), ", PairsText(compared));
  switch (compared.finding()) {
    case v1::FINDING_FASTER:
    case v1::FINDING_SLOWER:
      return absl::StrCat(word, " by ", Percent(std::abs(compared.ratio() - 1)), " (", figures);
    case v1::FINDING_DIFFERENT_BELOW_THRESHOLD:
      return absl::StrCat(word, " of ", Percent(whole.threshold()), ": ",
                          DifferenceText(compared.ratio()), " (", figures);
    case v1::FINDING_EQUIVALENT:
      return absl::StrCat(word, " within ±", Percent(whole.margin()), ": ",
                          DifferenceText(compared.ratio()), " (",
                          EquivalenceInterval(compared, whole), "), ", PairsText(compared));
    case v1::FINDING_NO_DIFFERENCE_SHOWN:
      return absl::StrCat(word, ": ", DifferenceText(compared.ratio()), " (", figures, "; ",
                          NotExcluded(compared), " cannot be excluded");
    default:
      return absl::StrCat(word, ": ", compared.reason());
  }
}

std::string FindingSubject(const v1::Compared& compared) {
  const std::string of =
      compared.operation().empty() ? "" : absl::StrCat(" of ", compared.operation());
  return absl::StrCat(compared.metric(), of, " on ", compared.target(), ", against ",
                      compared.baseline());
}

}  // namespace weir
