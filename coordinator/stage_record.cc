#include "coordinator/stage_record.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "measure/heavy_hitters.h"
#include "measure/tally.h"

namespace weir {
namespace {

void RecordTotals(const StageMerge& merge, v1::Leg* leg) {
  for (const auto& [key, tally] : merge.totals()) {
    v1::PhaseResult* result = leg->add_results();
    result->set_phase(key.first);
    result->set_operation(key.second);
    *result->mutable_total() = tally->ToProto();
  }
}

// Its totals are moved: those of many agents are the most that there is.
void RecordShares(const AgentStart& start, uint32_t agent, v1::StageDone* end, v1::Leg* leg) {
  for (v1::PhaseResult& total : *end->mutable_totals()) {
    v1::AgentShare* share = leg->add_shares();
    share->set_agent(agent);
    share->set_phase(total.phase());
    share->set_operation(total.operation());
    *share->mutable_total() = std::move(*total.mutable_total());
    share->set_start_lateness_ns(end->start_lateness_ns());
    share->set_start_skew_ns(start.skew_ns);
    share->set_start_skew_bound_ns(start.bound_ns);
  }
}

// The same answer to several agents is one sample.
void RecordErrors(const v1::StageDone& end, uint32_t agent, v1::Leg* leg) {
  for (const v1::ErrorSample& sample : end.errors()) {
    const auto same = [&](const v1::ErrorSample& known) {
      return known.phase() == sample.phase() && known.operation() == sample.operation() &&
             known.verdict() == sample.verdict() && known.detail() == sample.detail();
    };
    auto* errors = leg->mutable_errors();
    const auto known = std::find_if(errors->begin(), errors->end(), same);
    if (known != errors->end()) {
      known->set_count(known->count() + sample.count());
    } else {
      *errors->Add() = sample;
      errors->rbegin()->set_agent(agent);
    }
  }
}

// What a load leaves in the database is known of the drive as well; the rest of the evidence is the
// drive's alone.
void RecordEvidence(const StageFacts& facts, const v1::Evidence& evidence, v1::Leg* leg) {
  if (evidence.stored_bytes() > 0) leg->set_stored_bytes(evidence.stored_bytes());
  if (facts.task == v1::TASK_DRIVE) *leg->mutable_evidence() = evidence;
}

constexpr size_t kMostHotKeys = 20;

void RecordHotKeys(const StageFacts& facts, v1::Leg* leg) {
  std::vector<std::vector<v1::KeyUse>> parts;
  for (const v1::StageDone& end : facts.ends) {
    if (end.hot_keys().empty()) continue;
    parts.emplace_back(end.hot_keys().begin(), end.hot_keys().end());
  }
  for (v1::KeyUse& use : MergeKeyUses(parts, kMostHotKeys)) *leg->add_hot_keys() = std::move(use);
}

void AddSpan(v1::Phase phase, int64_t from_ns, int64_t duration_ns, v1::Leg* leg) {
  v1::PhaseSpan* span = leg->add_spans();
  span->set_phase(phase);
  span->set_first_second(static_cast<uint32_t>(from_ns / kNsPerSecond));
  span->set_duration_ns(duration_ns);
}

// A load lasts until its last answer; warm-up and measure as long as planned, unless stopped.
void RecordSpans(const StageFacts& facts, v1::Leg* leg) {
  int64_t elapsed_ns = 0;
  for (const v1::StageDone& end : facts.ends) elapsed_ns = std::max(elapsed_ns, end.elapsed_ns());
  // Agents that were lost cannot tell.
  if (elapsed_ns == 0) elapsed_ns = facts.seconds_merged * kNsPerSecond;
  if (facts.task == v1::TASK_LOAD) return AddSpan(v1::PHASE_LOAD, 0, elapsed_ns, leg);
  if (facts.task == v1::TASK_PROVE || facts.task == v1::TASK_CANARY) {
    return AddSpan(v1::PHASE_MEASURE, 0, elapsed_ns, leg);
  }
  const int64_t warm_up_ns = facts.scenario.phases().warm_up().ns();
  int64_t warmed_up_ns = warm_up_ns;
  int64_t measure_ns = facts.scenario.phases().measure().ns();
  if (facts.cut_short) {
    warmed_up_ns = std::min(warm_up_ns, elapsed_ns);
    measure_ns = std::clamp<int64_t>(elapsed_ns - warm_up_ns, 0, measure_ns);
  }
  if (warm_up_ns > 0) AddSpan(v1::PHASE_WARM_UP, 0, warmed_up_ns, leg);
  AddSpan(v1::PHASE_MEASURE, warm_up_ns, measure_ns, leg);
}

}  // namespace

void RecordStage(const StageFacts& facts, const StageMerge& merge, v1::Leg* leg) {
  RecordTotals(merge, leg);
  RecordSpans(facts, leg);
  RecordHotKeys(facts, leg);
  for (uint32_t agent = 0; agent < facts.ends.size(); ++agent) {
    RecordShares(facts.starts[agent], agent, &facts.ends[agent], leg);
    RecordErrors(facts.ends[agent], agent, leg);
    leg->set_dead_letters(leg->dead_letters() + facts.ends[agent].dead_letters());
    if (facts.ends[agent].has_evidence()) RecordEvidence(facts, facts.ends[agent].evidence(), leg);
  }
}

void ForgetShares(uint32_t agents, v1::Leg* leg) {
  if (agents <= kMostWithHistograms) return;
  for (v1::AgentShare& share : *leg->mutable_shares()) {
    v1::Tally counts;
    AddCounts(share.total(), &counts);
    *share.mutable_total() = std::move(counts);
  }
}

}  // namespace weir
