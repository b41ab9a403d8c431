#include "coordinator/measure_cut.h"

#include <map>
#include <memory>
#include <utility>

#include "google/protobuf/util/message_differencer.h"

#include "base/clock.h"
#include "base/status.h"
#include "measure/measured_window.h"
#include "measure/tally.h"

namespace weir {
namespace {

using Key = std::pair<v1::Phase, uint32_t>;
using Sums = std::map<Key, std::unique_ptr<Tally>>;

bool IsDriven(v1::Phase phase) { return phase == v1::PHASE_WARM_UP || phase == v1::PHASE_MEASURE; }

// The spans of warm-up and measure with their border moved.
void MoveSpans(uint32_t from, v1::Leg* leg) {
  const int64_t border_ns = from * kNsPerSecond;
  auto* const spans = leg->mutable_spans();
  for (int i = 0; i < spans->size(); ++i) {
    v1::PhaseSpan* measure = spans->Mutable(i);
    if (measure->phase() != v1::PHASE_MEASURE) continue;
    v1::PhaseSpan* const before = i > 0 ? spans->Mutable(i - 1) : nullptr;
    const bool warmed_up = before != nullptr && before->phase() == v1::PHASE_WARM_UP;
    const int64_t start_ns = warmed_up ? before->duration_ns() : 0;
    measure->set_duration_ns(start_ns + measure->duration_ns() - border_ns);
    measure->set_first_second(from);
    if (warmed_up) return before->set_duration_ns(border_ns);
    v1::PhaseSpan* warm_up = leg->add_spans();
    warm_up->set_phase(v1::PHASE_WARM_UP);
    warm_up->set_duration_ns(border_ns);
    for (int last = spans->size() - 1; last > i; --last) spans->SwapElements(last, last - 1);
    return;
  }
}

// Counts per operation over both phases.
std::map<uint32_t, v1::Tally> CountsOf(const v1::Leg& leg) {
  std::map<uint32_t, v1::Tally> counts;
  for (const v1::PhaseResult& result : leg.results()) {
    if (IsDriven(result.phase())) AddCounts(result.total(), &counts[result.operation()]);
  }
  return counts;
}

bool SameCounts(const v1::Leg& a, const v1::Leg& b) {
  const auto ours = CountsOf(a);
  const auto theirs = CountsOf(b);
  return ours.size() == theirs.size() &&
         std::equal(ours.begin(), ours.end(), theirs.begin(), [](const auto& x, const auto& y) {
           return x.first == y.first &&
                  google::protobuf::util::MessageDifferencer::Equals(x.second, y.second);
         });
}

absl::Status AddSecond(const v1::Leg& leg, const v1::Interval& interval, Sums* sums) {
  for (const v1::OperationInterval& part : interval.operations()) {
    std::unique_ptr<Tally>& sum =
        (*sums)[{CountedPhase(leg, interval.second(), part), part.operation()}];
    if (sum == nullptr) sum = std::make_unique<Tally>();
    WEIR_RETURN_IF_ERROR(sum->Add(part.tally()));
  }
  return absl::OkStatus();
}

absl::StatusOr<Sums> SumAgain(KeptSeconds& kept, const v1::Leg& leg) {
  Sums sums;
  WEIR_RETURN_IF_ERROR(kept.ReadBack(leg, [&](v1::Phase stage, const v1::Interval& interval) {
    return stage == v1::PHASE_LOAD ? absl::OkStatus() : AddSecond(leg, interval, &sums);
  }));
  return sums;
}

}  // namespace

absl::Status MoveMeasureStart(uint32_t from, KeptSeconds& kept, v1::Leg* leg) {
  v1::Leg moved = *leg;
  MoveSpans(from, &moved);
  WEIR_ASSIGN_OR_RETURN(const Sums sums, SumAgain(kept, moved));
  auto* const results = moved.mutable_results();
  for (int i = results->size(); i-- > 0;) {
    if (IsDriven(results->Get(i).phase())) results->DeleteSubrange(i, 1);
  }
  for (const auto& [key, sum] : sums) {
    v1::PhaseResult* const result = results->Add();
    result->set_phase(key.first);
    result->set_operation(key.second);
    *result->mutable_total() = sum->ToProto();
  }
  if (!SameCounts(moved, *leg)) {
    return absl::DataLossError("the seconds kept do not add up to the totals");
  }
  *leg = std::move(moved);
  return absl::OkStatus();
}

}  // namespace weir
