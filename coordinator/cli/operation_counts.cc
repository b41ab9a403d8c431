#include "coordinator/cli/operation_counts.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/status.h"
#include "generators/schedule.h"

namespace weir {
namespace {

// Longer plans are shared out by weight, which every block of the mix meets exactly.
constexpr uint64_t kMostToWalk = 2'000'000;
constexpr int64_t kMostSeconds = 100'000;

void CountEach(const OperationPlan& plan, uint64_t warm_up, OperationCounts* counts) {
  PlannedOperation planned;
  for (uint64_t i = 0; i < counts->operations; ++i) {
    plan.Make(i, &planned);
    PlannedCounts& of_type = counts->counts[planned.type];
    ++(i < warm_up ? of_type.warm_up : of_type.measure);
  }
}

void ShareOut(uint64_t warm_up, OperationCounts* counts) {
  counts->exact = false;
  uint64_t weights = 0;
  for (const OperationType& type : counts->types) weights += type.weight;
  for (size_t i = 0; i < counts->types.size(); ++i) {
    const double share =
        static_cast<double>(counts->types[i].weight) / static_cast<double>(weights);
    const auto total = static_cast<double>(counts->operations);
    counts->counts[i].warm_up = static_cast<uint64_t>(share * static_cast<double>(warm_up));
    counts->counts[i].measure = static_cast<uint64_t>(share * total) - counts->counts[i].warm_up;
  }
}

uint64_t BusiestSecond(const Schedule& schedule) {
  uint64_t busiest = 0;
  uint64_t before = 0;
  const int64_t seconds = schedule.duration_ns() / kNsPerSecond + 1;
  for (int64_t second = 1; second <= std::min(seconds, kMostSeconds); ++second) {
    const uint64_t until = schedule.CountBefore(second * kNsPerSecond);
    busiest = std::max(busiest, until - before);
    before = until;
  }
  return busiest;
}

}  // namespace

absl::StatusOr<OperationCounts> CountOperations(const v1::Campaign& campaign,
                                                const v1::Scenario& scenario,
                                                const Dataset& dataset) {
  OperationCounts counts;
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<OperationPlan> plan,
                        MakeOperationPlan(campaign, scenario, dataset));
  counts.types = plan->types();
  if (!scenario.shape().has_open()) return counts;

  const int64_t warm_up_ns = scenario.phases().warm_up().ns();
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<Schedule> schedule, MakeSchedule(campaign, scenario));
  counts.operations = schedule->size();
  counts.busiest_second = BusiestSecond(*schedule);
  counts.counts.resize(counts.types.size());
  const uint64_t warm_up = schedule->CountBefore(warm_up_ns);
  if (counts.operations <= kMostToWalk) {
    CountEach(*plan, warm_up, &counts);
  } else {
    ShareOut(warm_up, &counts);
  }
  return counts;
}

}  // namespace weir
