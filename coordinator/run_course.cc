#include "coordinator/run_course.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "coordinator/headroom.h"
#include "coordinator/round_repeats.h"

namespace weir {
namespace {

constexpr int64_t kProofLengthNs = 2 * kNsPerSecond;

}  // namespace

RunCourse::RunCourse(uint32_t agents, bool prove_headroom, v1::RunResult* run)
    : prove_headroom_(prove_headroom),
      run_(*run),
      agents_(agents),
      program_(MakeRunProgram(run->campaign(), agents, prove_headroom)),
      driven_(run->campaign()) {
  for (uint32_t i = 0; i < program_.legs.size(); ++i) {
    *run_.add_legs() = NewLeg(run_.campaign(), program_.legs[i], i);
  }
}

void RunCourse::Settle(uint32_t agents) {
  agents_ = agents;
  program_ = MakeRunProgram(run_.campaign(), agents, prove_headroom_);
}

const v1::Scenario& RunCourse::scenario() const {
  return driven_.scenarios(static_cast<int>(plan().scenario));
}

const v1::Target& RunCourse::target() const {
  return run_.campaign().targets(static_cast<int>(plan().target));
}

v1::Prepare RunCourse::MakePrepare() const {
  v1::Prepare prepare;
  prepare.set_step(number());
  prepare.set_leg(step().leg);
  prepare.set_task(step().task);
  *prepare.mutable_campaign() = driven_;
  prepare.set_scenario(plan().scenario);
  prepare.set_target(plan().target);
  prepare.set_share_count(agents_);
  // Agents after the first find the schema there; one with a database of its own creates it.
  prepare.set_create_schema(step().task == v1::TASK_SET_UP && step().scope == Scope::kLeader &&
                            scenario().phases().has_load());
  if (step().task == v1::TASK_PROVE) {
    prepare.set_rate_factor(kHeadroomFactor);
    prepare.mutable_length()->set_ns(
        std::min<int64_t>(kProofLengthNs, scenario().phases().measure().ns()));
  } else if (step().task == v1::TASK_CANARY) {
    *prepare.mutable_length() = run_.campaign().compare().canary();
  }
  return prepare;
}

void RunCourse::Begin() {
  *driven_.mutable_scenarios(static_cast<int>(plan().scenario)) =
      DrivenScenario(run_.campaign(), plan());
}

void RunCourse::SkipRestOfLeg() {
  while (!step().last_of_leg) ++step_;
}

// A proof is never the last step.
bool RunCourse::ProvesAgain() const {
  const Step& next = program_.steps[step_ + 1];
  return next.task == v1::TASK_PROVE && next.leg == step().leg;
}

void RunCourse::LeaveOut(const std::string& reason, bool begun) {
  for (size_t i = step_; i < program_.steps.size(); ++i) {
    const Step& rest = program_.steps[i];
    v1::Leg* left_out = run_.mutable_legs(static_cast<int>(rest.leg));
    const bool in_part = (begun && rest.leg == step().leg) || left_out->results_size() > 0;
    if (!left_out->failure().empty()) continue;
    left_out->set_failure(absl::StrCat(in_part ? "not run to its end: " : "not run: ", reason));
  }
}

RunCourse::Growth RunCourse::AfterLeg() {
  Growth growth;
  const auto add = [&growth](std::string line) {
    if (!line.empty()) growth.lines.push_back(std::move(line));
  };
  add(RepeatSpoiledRound(agents_, step_, &program_, &run_));
  add(searches_.AfterLeg(agents_, step_, &program_, &run_));
  if (step_ + 1 < program_.steps.size()) return growth;
  std::string more = ExtendRounds(agents_, &program_, &run_);
  growth.extended = !more.empty();
  add(std::move(more));
  return growth;
}

}  // namespace weir
