#include "coordinator/live/live_run.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "coordinator/gate_table.h"
#include "coordinator/run_program.h"
#include "measure/samples.h"

namespace weir {
namespace {

// Judging encodes and decodes the histograms of the phase: not every second.
constexpr uint32_t kJudgeEverySeconds = 5;

// A second with so many operations has a 99th percentile of its own.
constexpr uint64_t kEnoughForOneSecond = 1000;

// What agents tell only when they are done.
bool NeedsTheEnd(const std::string& gate) {
  return gate == RowOf(Gate::kAgreement).name || gate == RowOf(Gate::kLostReports).name;
}

double ShareOf(uint64_t part_ns, int64_t span_ns) {
  return span_ns > 0 ? static_cast<double>(part_ns) / static_cast<double>(span_ns) : -1;
}

void AddResources(const v1::ResourceSample& sample, LiveAgent* agent) {
  agent->resident_bytes = sample.resident_bytes();
  if (sample.span_ns() < kNsPerSecond / 2) return;
  agent->cpu_cores = ShareOf(sample.process_cpu_ns(), sample.span_ns());
  agent->busiest_worker = ShareOf(sample.busiest_worker_cpu_ns(), sample.span_ns());
  if (sample.cores() > 0) agent->busiest_core = ShareOf(sample.busiest_core_ns(), sample.span_ns());
}

}  // namespace

void LiveRun::RunChanged(const v1::RunResult& run) {
  id_ = run.id();
  version_ = run.version();
  started_unix_ns_ = run.started_unix_ns();
  state_ = run.state();
  if (state_ != v1::RUN_STATE_RUNNING) progress_.End();
  validity_ = run.verdict().validity();
  reasons_.assign(run.verdict().reasons().begin(), run.verdict().reasons().end());
  if (campaign_.name().empty()) campaign_ = run.campaign();
  facts_.assign(run.agents().begin(), run.agents().end());
  for (const v1::AgentFacts& facts : facts_) agents_[facts.index()].name = facts.name();
  legs_.resize(static_cast<size_t>(run.legs_size()));
  for (size_t i = 0; i < legs_.size(); ++i) {
    const v1::Leg& from = run.legs(static_cast<int>(i));
    LiveLeg& to = legs_[i];
    to.scenario = from.scenario();
    to.target = from.target();
    to.round = from.round();
    to.probe_per_s = from.probe().offered_per_s();
    to.validity = from.verdict().validity();
    to.failure = from.failure();
    to.over = to.over || to.validity != v1::VALIDITY_UNKNOWN || !to.failure.empty();
  }
}

void LiveRun::StepBegins(uint32_t leg, v1::Task task) {
  if (progress_.running() && progress_.stage() == v1::PHASE_LOAD) legs_[leg_].loaded = true;
  progress_.End();
  task_ = task;
  leg_ = leg;
  const bool rehearses = task == v1::TASK_REACH || task == v1::TASK_PROVE;
  if (leg < legs_.size() && !rehearses) legs_[leg].begun = true;
}

void LiveRun::StageBegins(const v1::Leg& leg, v1::Phase stage, uint64_t planned) {
  leg_ = leg.index();
  task_ = stage == v1::PHASE_LOAD ? v1::TASK_LOAD : v1::TASK_DRIVE;
  stage_leg_.Clear();
  stage_leg_.set_scenario(leg.scenario());
  stage_leg_.set_target(leg.target());
  stage_leg_.set_open_loop(leg.open_loop());
  *stage_leg_.mutable_operations() = leg.operations();
  provisioned_ru_ = leg.provisioned_ru();
  progress_.Begin(campaign_, leg, stage, planned);
  stage_zero_ns_.reset();
  window_.Clear();
  operations_.clear();
  phase_ = v1::PHASE_UNSPECIFIED;  // until something of the stage has ended
  gates_.clear();
  watch_.reset();
  if (const auto scenario = ScenarioDriven(campaign_, leg)) {
    watch_.emplace(*scenario, task_, static_cast<uint32_t>(facts_.size()));
  }
}

const LivePoint& LiveRun::Second(const v1::Leg& leg, const MergedSecond& second, int64_t now_ns) {
  // Seconds may come together; they stand apart by what they are.
  if (!stage_zero_ns_) stage_zero_ns_ = now_ns - (int64_t{second.second} + 1) * kNsPerSecond;
  point_ = {};
  point_.at_ns = *stage_zero_ns_ + (int64_t{second.second} + 1) * kNsPerSecond;
  point_.leg = leg.index();
  point_.second = second.second;
  point_.provisioned_ru = provisioned_ru_;
  point_.open_loop = stage_leg_.open_loop() && task_ == v1::TASK_DRIVE;
  second_response_.Clear();
  AddTallies(leg, second);
  AddAgents(second);
  const uint64_t settled = Settled(point_.counts);
  window_.Add(second_response_, settled);
  progress_.Second(second.second, settled);
  point_.response = ResponseOver(settled >= kEnoughForOneSecond ? 1 : kLiveWindowSeconds);
  if (watch_) {
    watch_->Add(second);
    if (second.second % kJudgeEverySeconds == kJudgeEverySeconds - 1) JudgeGates(second.second);
  }
  return point_;
}

// Only reads, writes of records and loads: what a query returns may be a part of a record or a sum.
bool LiveRun::CarriesWholeRecords(uint32_t operation) const {
  if (point_.phase == v1::PHASE_LOAD) return true;
  const auto i = static_cast<int>(operation);
  if (i >= stage_leg_.operations_size()) return false;
  const v1::OperationKind kind = stage_leg_.operations(i).kind();
  return kind != v1::OPERATION_KIND_QUERY && kind != v1::OPERATION_KIND_DELETE;
}

void LiveRun::AddTallies(const v1::Leg& leg, const MergedSecond& second) {
  // The latest phase that anything ended in: from the first operation of measure on it is measure,
  // also in seconds in which nothing ends.
  point_.phase = phase_;
  for (const auto& [key, tally] : second.tallies) point_.phase = std::max(point_.phase, key.phase);
  if (point_.phase != phase_) operations_.clear();
  phase_ = point_.phase;
  for (const auto& [key, tally] : second.tallies) {
    const v1::Tally& counts = tally->counts();
    AddCounts(counts, &point_.counts);
    AddCounts(counts, &counts_);
    second_response_.Add(tally->response);
    const LiveSeries name{leg.scenario(), leg.target(), key.phase, OperationName(key.operation)};
    for (std::unique_ptr<Tally>* total : {&operations_[key.operation], &series_[name]}) {
      if (total == &operations_[key.operation] && key.phase != phase_) continue;
      if (*total == nullptr) *total = std::make_unique<Tally>();
      (*total)->Add(*tally);
    }
    if (json_bytes_per_record_ <= 0 || !CarriesWholeRecords(key.operation)) continue;
    point_.record_wire_bytes += counts.bytes_sent() + counts.bytes_received();
    point_.record_json_bytes +=
        static_cast<uint64_t>(static_cast<double>(counts.records()) * json_bytes_per_record_);
  }
  record_wire_bytes_ += point_.record_wire_bytes;
  record_json_bytes_ += point_.record_json_bytes;
}

void LiveRun::AddAgents(const MergedSecond& second) {
  std::map<uint32_t, LiveAgent> agents;
  for (const auto& [agent, total] : agents_) agents[agent].agent = agent;
  for (const auto& [agent, counts] : second.by_agent) {
    LiveAgent& shown = agents[agent];
    shown.agent = agent;
    shown.succeeded = counts.ok();
    shown.unsuccessful = Failures(counts) + counts.unsent();
    shown.records = counts.records();
    AddCounts(counts, &agents_[agent].counts);
  }
  for (const v1::ResourceSample& sample : second.resources) {
    AddResources(sample, &agents[sample.agent()]);
    AddSample(sample, &agents_[sample.agent()].resources);
  }
  for (auto& [index, agent] : agents) point_.agents.push_back(agent);
}

LiveResponse LiveRun::ResponseOver(uint32_t seconds) const {
  const PlannedResponse response = window_.Over(seconds);
  return {seconds, response.RoughQuantile(0.5), response.RoughQuantile(0.9),
          response.RoughQuantile(0.99), response.RoughQuantile(0.999)};
}

LiveResponse LiveRun::Recent() const { return ResponseOver(kLiveWindowSeconds); }

bool LiveRun::gates_count() const {
  return watch_ && watch_->judges() && point_.second >= watch_->first_second() &&
         (phase_ == v1::PHASE_MEASURE || phase_ == v1::PHASE_LOAD);
}

void LiveRun::JudgeGates(uint32_t second) {
  if (!watch_->judges() || second < watch_->first_second() || phase_ == v1::PHASE_WARM_UP) return;
  v1::Leg so_far = stage_leg_;
  for (const auto& [operation, tally] : operations_) {
    if (tally == nullptr) continue;
    v1::PhaseResult* result = so_far.add_results();
    result->set_phase(phase_);
    result->set_operation(operation);
    *result->mutable_total() = tally->ToProto();
    // What was planned and is still to be taken up is under way, not missed.
    const v1::Tally& counts = tally->counts();
    result->mutable_total()->set_planned(
        std::min(counts.planned(), tally->lag.count() + counts.unsent()));
  }
  gates_ = watch_->Judge(so_far, facts_);
  std::erase_if(gates_, [](const v1::GateResult& gate) { return NeedsTheEnd(gate.name()); });
}

std::string LiveRun::OperationName(uint32_t operation) const {
  const auto i = static_cast<int>(operation);
  if (task_ == v1::TASK_LOAD || i >= stage_leg_.operations_size()) return "load";
  return stage_leg_.operations(i).name();
}

std::string LiveRun::Activity() const {
  if (task_ == v1::TASK_UNSPECIFIED || leg_ >= legs_.size()) return "";
  const LiveLeg& leg = legs_[leg_];
  if (task_ == v1::TASK_REACH) return absl::StrCat("reaching ", leg.target);
  if (task_ == v1::TASK_PROVE) return absl::StrCat("proving headroom for ", leg.scenario);
  return absl::StrCat(TaskInHand(task_), " ", leg.scenario, " on ", leg.target);
}

TimeLeft LiveRun::RunLeft() const {
  if (state_ != v1::RUN_STATE_RUNNING) return {};
  TimeLeft left = progress_.running() ? progress_.OfLeg() : TimeLeft{};
  // A search decides on its next probe when it has seen the last.
  left.at_least |= campaign_.has_capacity();
  for (size_t i = 0; i < legs_.size(); ++i) {
    if (legs_[i].over || (progress_.running() && i == leg_)) continue;
    const TimeLeft leg =
        progress_.LengthOf(campaign_, legs_[i].scenario, legs_[i].target, legs_[i].loaded);
    left.ns += leg.ns;
    left.at_least |= leg.at_least;
  }
  return left;
}

}  // namespace weir
