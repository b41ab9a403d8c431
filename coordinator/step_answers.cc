#include "coordinator/step_answers.h"

#include "absl/strings/str_cat.h"

namespace weir {

StepAnswers::StepAnswers(const Step& step, const std::vector<uint32_t>& asked, const Roster& roster,
                         v1::RunResult* run)
    : step_(step),
      roster_(roster),
      run_(*run),
      leg_(*run->mutable_legs(static_cast<int>(step.leg))),
      awaited_(asked.begin(), asked.end()),
      by_agent_(roster.size()) {}

bool StepAnswers::Take(uint32_t agent, const v1::Prepared& prepared) {
  if (awaited_.erase(agent) == 0) return false;
  by_agent_[agent] = prepared;
  if (!prepared.error().empty()) {
    if (error_.empty()) error_ = prepared.error();
    unreachable_ |= prepared.target_unreachable();
    return true;
  }
  if (prepared.conditions_size() > 0 && step_.task == v1::TASK_SET_UP && agent == 0) {
    *leg_.mutable_conditions() = prepared.conditions();
    leg_.set_provisioned_ru(prepared.provisioned_ru());
    leg_.set_physical_partitions(prepared.physical_partitions());
    leg_.set_charge_basis(prepared.charge_basis());
    leg_.set_caution(prepared.caution());
  }
  if (prepared.verification().done()) *leg_.mutable_verification() = prepared.verification();
  if (step_.armed) TakePlan(agent, prepared);
  return true;
}

void StepAnswers::TakePlan(uint32_t agent, const v1::Prepared& prepared) {
  run_.mutable_agents(static_cast<int>(agent))->set_workers(prepared.workers());
  planned_operations_ = prepared.planned_operations();
  if (plan_digest_.empty()) plan_digest_ = prepared.plan_digest();
  if (plan_digest_ != prepared.plan_digest() && error_.empty()) {
    error_ = absl::StrCat(roster_.NameOf(agent), " has another plan than ", roster_.NameOf(0),
                          ": are they the same build?");
  }
  leg_.set_plan_digest(plan_digest_);
  if (step_.task == v1::TASK_DRIVE || leg_.operations_size() == 0) {
    *leg_.mutable_operations() = prepared.operations();
  }
}

}  // namespace weir
