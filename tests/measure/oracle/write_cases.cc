// Prints random paired differences and what Weir makes of them, a JSON object per line, for
// compare_cases.py.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "base/random.h"
#include "measure/paired_checks.h"
#include "measure/paired_verdict.h"
#include "measure/signed_rank.h"

namespace weir {
namespace {

constexpr uint64_t kCases = 400;
constexpr uint64_t kMostPairs = 30;

// Every third case has few distinct amounts, and so ties and zeros.
std::vector<double> Differences(uint64_t number) {
  DrawStream draws(DeriveKey(1, "paired cases"), number);
  const uint64_t count = 1 + draws.Below(number % 3 == 0 ? 12 : kMostPairs);
  const double shift = draws.Unit() - 0.5;
  std::vector<double> differences;
  for (uint64_t i = 0; i < count; ++i) {
    const double spread = draws.Unit() + draws.Unit() - 1;
    differences.push_back(number % 3 == 0 ? static_cast<double>(draws.Below(7)) - 2
                                          : shift + spread);
  }
  return differences;
}

std::string Exact(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.17g", value) : "null";
}

void WriteCase(uint64_t number) {
  const std::vector<double> differences = Differences(number);
  const auto list = [](const std::vector<double>& values) {
    return absl::StrJoin(values, ", ",
                         [](std::string* out, double value) { *out += Exact(value); });
  };
  DrawStream draws(DeriveKey(2, "paired cases"), number);
  std::vector<double> chances;
  for (uint64_t i = draws.Below(6); i-- > 0;) chances.push_back(draws.Unit() / 8);
  const ConfidenceInterval interval = SignedRankInterval(differences, 0.95);
  absl::PrintF(
      "{\"differences\": [%s], \"p\": %s, \"hodges_lehmann\": %s, \"low\": %s, \"high\": %s, "
      "\"t_test_p\": %s, \"sign_flip_p\": %s, \"chances\": [%s], \"holm\": [%s]}\n",
      list(differences), Exact(SignedRankP(differences)), Exact(HodgesLehmann(differences)),
      Exact(interval.low), Exact(interval.high), Exact(PairedTTestP(differences)),
      differences.size() <= 20 ? Exact(SignFlipP(differences)) : "null", list(chances),
      list(HolmAdjusted(chances)));
}

}  // namespace
}  // namespace weir

int main() {
  for (uint64_t number = 0; number < weir::kCases; ++number) weir::WriteCase(number);
  return 0;
}
