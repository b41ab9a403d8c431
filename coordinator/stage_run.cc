#include "coordinator/stage_run.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "coordinator/leg_verdict.h"
#include "coordinator/stage_record.h"

namespace weir {

StageRun::StageRun(const Step& step, const v1::Scenario& scenario,
                   const std::vector<v1::Prepared>& answers, v1::Leg* leg, Roster& roster,
                   RunPort& port)
    : step_(step),
      scenario_(scenario),
      leg_(*leg),
      roster_(roster),
      port_(port),
      merge_(roster.size()),
      steadiness_(scenario),
      sums_(MeasureSums::Of(scenario)),
      watch_(scenario, step.task, roster.size()),
      ends_(roster.size()) {
  for (uint32_t agent = 0; agent < answers.size(); ++agent) merge_.Expect(agent, answers[agent]);
}

void StageRun::Arm(int64_t lead_ns, int64_t now_ns) {
  start_ns_ = now_ns + lead_ns;
  v1::CoordinatorMessage message;
  message.mutable_arm()->set_leg(step_.leg);
  message.mutable_arm()->set_task(step_.task);
  for (uint32_t agent = 0; agent < roster_.size(); ++agent) {
    unarmed_.insert(agent);
    message.mutable_arm()->set_start_ns(start_ns_ + roster_.clock(agent).offset_ns());
    roster_.Send(agent, message);
  }
}

bool StageRun::Concerns(uint32_t leg, v1::Task task) const {
  return leg == step_.leg && task == step_.task;
}

v1::Phase StageRun::Phase() const {
  return step_.task == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE;
}

void StageRun::ShowSecond(const MergedSecond& second) {
  seconds_merged_ = second.second + 1;
  steadiness_.Add(second);
  if (step_.task == v1::TASK_DRIVE) sums_.Add(second);
  watch_.Add(second);
  port_.SecondMerged(leg_, Phase(), second);
}

absl::Status StageRun::OnInterval(uint32_t agent, const v1::IntervalReport& report) {
  if (!Concerns(report.leg(), report.task())) return absl::OkStatus();
  const auto taken =
      merge_.Add(agent, report, [this](const MergedSecond& second) { ShowSecond(second); });
  if (!taken.ok()) return taken.status();
  if (*taken == StageMerge::Taken::kGap) return absl::DataLossError("reports are missing");
  v1::CoordinatorMessage message;
  message.mutable_acknowledge()->set_leg(report.leg());
  message.mutable_acknowledge()->set_task(report.task());
  message.mutable_acknowledge()->set_sequence(report.sequence());
  roster_.Send(agent, message);
  return absl::OkStatus();
}

void StageRun::OnStageDone(uint32_t agent, const v1::StageDone& done) {
  if (!Concerns(done.leg(), done.task())) return;
  ends_[agent] = done;
  const absl::Status status =
      merge_.Finish(agent, done, [this](const MergedSecond& second) { ShowSecond(second); });
  if (!status.ok()) {
    AddReason(v1::VALIDITY_INVALID, std::string(status.message()), leg_.mutable_verdict());
  }
  if (!done.error().empty() && error_.empty()) {
    error_ = absl::StrCat(roster_.NameOf(agent), ": ", done.error());
  }
}

void StageRun::Lose(uint32_t agent) {
  merge_.Lose(agent, seconds_merged_, [this](const MergedSecond& second) { ShowSecond(second); });
}

void StageRun::LoseUnfinished() {
  while (!merge_.done()) Lose(merge_.unfinished());
}

void StageRun::Record(bool cut_short) {
  RecordStage({.task = step_.task,
               .scenario = scenario_,
               .ends = ends_,
               .seconds_merged = seconds_merged_,
               .cut_short = cut_short},
              merge_, &leg_);
  if (step_.task == v1::TASK_DRIVE) steadiness_.Conclude(cut_short, port_, &leg_);
  if (step_.task == v1::TASK_DRIVE) sums_.Record(port_, &leg_);
}

// Where the measure phase turned out to begin later than planned, only what came from then on
// counts, as for the figures.
void StageRun::FollowMeasureStart() {
  const uint32_t cut = step_.task == v1::TASK_DRIVE ? leg_.steadiness().cut_seconds() : 0;
  if (cut == 0) return;
  GateWatch later = watch_.From(watch_.first_second() + cut);
  const absl::Status read = port_.ReadBack(leg_, [&](v1::Phase stage, const v1::Interval& second) {
    if (stage != v1::PHASE_LOAD) later.Add(second);
    return absl::OkStatus();
  });
  if (read.ok()) watch_ = std::move(later);
}

void StageRun::JudgeGates(const std::vector<v1::AgentFacts>& agents, bool overridden) {
  if (!watch_.judges()) return;
  FollowMeasureStart();
  for (v1::ResourceSample& sum : watch_.resources()) *leg_.add_resources() = std::move(sum);
  for (v1::AgentSpread& spread : watch_.spreads(leg_)) *leg_.add_spreads() = std::move(spread);
  ApplyGates(watch_.Judge(leg_, agents), overridden, &leg_);
}

}  // namespace weir
