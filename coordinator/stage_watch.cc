#include "coordinator/stage_watch.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "coordinator/stage_record.h"

namespace weir {

void StageWatch::Add(const MergedSecond& second) {
  steadiness_.Add(second);
  if (task_ == v1::TASK_DRIVE) sums_.Add(second);
  if (task_ == v1::TASK_DRIVE) backlog_.Add(second);
  gates_.Add(second);
}

void StageWatch::Record(bool cut_short, KeptSeconds& kept, v1::Leg* leg) {
  if (task_ != v1::TASK_DRIVE) return;
  steadiness_.Conclude(cut_short, kept, leg);
  sums_.Record(kept, leg);
}

// Where the measure phase turned out to begin later than planned, only what came from then on
// counts, as for the figures.
void StageWatch::FollowMeasureStart(KeptSeconds& kept, const v1::Leg& leg) {
  const uint32_t cut = task_ == v1::TASK_DRIVE ? leg.steadiness().cut_seconds() : 0;
  if (cut == 0) return;
  GateWatch later = gates_.From(gates_.first_second() + cut);
  const absl::Status read = kept.ReadBack(leg, [&](v1::Phase stage, const v1::Interval& second) {
    if (stage != v1::PHASE_LOAD) later.Add(second);
    return absl::OkStatus();
  });
  if (read.ok()) gates_ = std::move(later);
}

// What ends after the phase does is of its last second's backlog, and no longer grows it.
Slope StageWatch::BacklogGrowth(const v1::Leg& leg) const {
  const auto& spans = leg.spans();
  const auto measure = std::find_if(spans.begin(), spans.end(), [](const v1::PhaseSpan& span) {
    return span.phase() == v1::PHASE_MEASURE;
  });
  if (measure == spans.end()) return {};
  const auto seconds = static_cast<uint32_t>(measure->duration_ns() / kNsPerSecond);
  return backlog_.Growth(measure->first_second(), measure->first_second() + seconds);
}

void StageWatch::JudgeGates(const Facts& facts, KeptSeconds& kept, v1::Leg* leg) {
  if (!gates_.judges()) return;
  FollowMeasureStart(kept, *leg);
  for (v1::ResourceSample& sum : gates_.resources()) *leg->add_resources() = std::move(sum);
  for (v1::AgentSpread& spread : gates_.spreads(*leg)) *leg->add_spreads() = std::move(spread);
  std::vector<v1::GateResult> gates = gates_.Judge(*leg, facts.agents);
  for (v1::GateResult& gate : JudgeStart(facts.starts, facts.max_start_skew_ns)) {
    gates.push_back(std::move(gate));
  }
  ForgetShares(static_cast<uint32_t>(facts.starts.size()), leg);
  MarkSeries(facts.starts, leg);
  ApplyGates(gates, facts.indulgence, leg);
}

}  // namespace weir
