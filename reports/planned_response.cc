#include "reports/planned_response.h"

#include <algorithm>
#include <limits>

namespace weir {

uint64_t OperationsOf(const v1::Tally& counts) {
  return std::max(counts.planned(), Settled(counts));
}

uint64_t Unaccounted(const v1::Tally& counts) {
  const uint64_t known = Settled(counts) + counts.lost();
  return counts.planned() - std::min(counts.planned(), known);
}

uint64_t Unsuccessful(const v1::Tally& counts) { return OperationsOf(counts) - counts.ok(); }

PlannedResponse::PlannedResponse(const Histogram& successes, uint64_t operations)
    : all_(successes), slowest_success_ns_(successes.Max()) {
  if (operations > all_.count()) {
    all_.RecordTimes(Histogram::kHighest, operations - all_.count());
  }
}

std::optional<double> PlannedResponse::Quantile(double q) const {
  if (!all_.CanReport(q)) return std::nullopt;
  return ValueAt(q);
}

std::optional<double> PlannedResponse::RoughQuantile(double q) const {
  if (static_cast<double>(all_.count()) * (1 - q) < 1 - 1e-9) return std::nullopt;
  return ValueAt(q);
}

double PlannedResponse::ValueAt(double q) const {
  const uint64_t value = all_.ValueAtQuantile(q);
  if (value > slowest_success_ns_) return std::numeric_limits<double>::infinity();
  return static_cast<double>(value);
}

}  // namespace weir
