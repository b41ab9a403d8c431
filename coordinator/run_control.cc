#include "coordinator/run_control.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "coordinator/bottleneck.h"
#include "coordinator/leg_verdict.h"

namespace weir {
namespace {

constexpr int64_t kLocalLeadNs = 250 * kNsPerMs;
constexpr int64_t kRemoteLeadNs = kNsPerSecond;

const char* TaskWords(v1::Task task) {
  switch (task) {
    case v1::TASK_REACH:
      return "reaching the target";
    case v1::TASK_SET_UP:
      return "setting up";
    case v1::TASK_LOAD:
      return "preparing the load";
    case v1::TASK_VERIFY:
      return "reading back";
    case v1::TASK_DRIVE:
      return "preparing to drive";
    default:
      return "an unknown task";
  }
}

v1::Leg MakeLeg(const v1::Campaign& campaign, const LegPlan& plan, uint32_t index) {
  const v1::Target& target = campaign.targets(static_cast<int>(plan.target));
  const v1::Scenario& scenario = campaign.scenarios(static_cast<int>(plan.scenario));
  v1::Leg leg;
  leg.set_index(index);
  leg.set_scenario(scenario.name());
  leg.set_target(target.name());
  const auto* backend = target.GetReflection()->GetOneofFieldDescriptor(
      target, target.GetDescriptor()->FindOneofByName("backend"));
  if (backend != nullptr) leg.set_backend(backend->name());
  leg.set_open_loop(scenario.shape().has_open());
  leg.set_sessions(leg.open_loop() ? scenario.shape().open().sessions()
                                   : scenario.shape().closed().sessions());
  return leg;
}

}  // namespace

RunControl::RunControl(const RunControlSettings& settings, v1::RunResult run, RunPort& port)
    : settings_(settings),
      port_(port),
      run_(std::move(run)),
      program_(MakeRunProgram(run_.campaign(), settings.agents)),
      roster_({.agents = settings.agents,
               .local_agents = settings.local_agents,
               .lease_ns = settings.lease_ns},
              &run_, port) {
  for (uint32_t i = 0; i < program_.legs.size(); ++i) {
    *run_.add_legs() = MakeLeg(run_.campaign(), program_.legs[i], i);
  }
}

void RunControl::Start(int64_t now_ns) {
  started_ns_ = now_ns;
  run_.set_state(v1::RUN_STATE_RUNNING);
  port_.RunChanged(run_);
}

const v1::Scenario& RunControl::scenario() const {
  return run_.campaign().scenarios(static_cast<int>(program_.legs[step().leg].scenario));
}

std::vector<uint32_t> RunControl::Scoped(Scope scope) const {
  std::vector<uint32_t> agents;
  for (uint32_t i = 0; i < roster_.size(); ++i) {
    if (scope == Scope::kAll || (scope == Scope::kLeader) == (i == 0)) agents.push_back(i);
  }
  return agents;
}

void RunControl::OnMessage(ConnectionId connection, const v1::AgentMessage& message,
                           int64_t now_ns) {
  if (state_ == State::kFinished) return;
  if (message.has_hello()) {
    return roster_.OnHello(connection, message.hello(), state_ == State::kJoining, now_ns);
  }
  const std::optional<uint32_t> agent = roster_.Find(connection);
  if (!agent) return;
  roster_.Heard(*agent, now_ns);
  switch (message.body_case()) {
    case v1::AgentMessage::kPong:
      return OnPong(*agent, message.pong(), now_ns);
    case v1::AgentMessage::kPrepared:
      return OnPrepared(*agent, message.prepared(), now_ns);
    case v1::AgentMessage::kArmed:
      if (stage_ != nullptr) stage_->OnArmed(*agent);
      return;
    case v1::AgentMessage::kInterval:
      return OnInterval(*agent, message.interval(), now_ns);
    case v1::AgentMessage::kStageDone:
      return OnStageDone(*agent, message.stage_done(), now_ns);
    case v1::AgentMessage::kFailure:
      return LoseAgent(*agent, message.failure().error(), now_ns);
    default:
      return;
  }
}

void RunControl::OnPong(uint32_t agent, const v1::Pong& pong, int64_t now_ns) {
  const bool joining = state_ == State::kJoining;
  roster_.OnPong(agent, pong, joining, now_ns);
  if (joining && roster_.Complete()) BeginStep(now_ns);
}

// ------------------------------------------------------------------------------------- steps

void RunControl::BeginStep(int64_t now_ns) {
  if (step_ == program_.steps.size()) return Finish(now_ns);
  state_ = State::kAsking;
  const std::vector<uint32_t> scoped = Scoped(step().scope);
  answers_.emplace(step(), scoped, roster_, &run_);
  v1::CoordinatorMessage message;
  v1::Prepare* prepare = message.mutable_prepare();
  prepare->set_leg(step().leg);
  prepare->set_task(step().task);
  *prepare->mutable_campaign() = run_.campaign();
  prepare->set_scenario(program_.legs[step().leg].scenario);
  prepare->set_target(program_.legs[step().leg].target);
  prepare->set_share_count(settings_.agents);
  // Agents after the first find the schema there; one with a database of its own creates it.
  prepare->set_create_schema(step().task == v1::TASK_SET_UP && step().scope == Scope::kLeader &&
                             scenario().phases().has_load());
  for (const uint32_t agent : scoped) {
    prepare->set_share_index(agent);
    roster_.Send(agent, message);
  }
}

void RunControl::OnPrepared(uint32_t agent, const v1::Prepared& prepared, int64_t now_ns) {
  if (state_ != State::kAsking || !answers_->Take(agent, prepared)) return;
  if (answers_->complete()) AllPrepared(now_ns);
}

void RunControl::AllPrepared(int64_t now_ns) {
  if (answers_->error().empty()) return step().armed ? BeginStage(now_ns) : NextStep(now_ns);
  if (step().task == v1::TASK_REACH) {
    target_unreachable_ = answers_->unreachable();
    return Abort(absl::StrCat("target ", leg().target(), ": ", answers_->error()), now_ns);
  }
  FailLeg(absl::StrCat(TaskWords(step().task), ": ", answers_->error()), now_ns);
}

void RunControl::NextStep(int64_t now_ns) {
  if (step().last_of_leg) ConcludeLeg();
  ++step_;
  BeginStep(now_ns);
}

// The rest of the leg is left out; the run goes on with the next.
void RunControl::FailLeg(const std::string& reason, int64_t now_ns) {
  port_.Say(absl::StrCat(leg().scenario(), " on ", leg().target(), ": ", reason));
  leg().set_failure(reason);
  while (!step().last_of_leg) ++step_;
  NextStep(now_ns);
}

void RunControl::ConcludeLeg() {
  JudgeLeg(run_.campaign(), &leg());
  const auto target = static_cast<int>(program_.legs[step().leg].target);
  NameBottleneck(scenario(), run_.campaign().targets(target), &leg());
  judged_.insert(step().leg);
  port_.RunChanged(run_);
}

// ------------------------------------------------------------------------------------ stages

void RunControl::BeginStage(int64_t now_ns) {
  state_ = State::kStage;
  stage_ =
      std::make_unique<StageRun>(step(), scenario(), answers_->by_agent(), &leg(), roster_, port_);
  const int64_t lead_ns = settings_.local_agents ? kLocalLeadNs : kRemoteLeadNs;
  stage_->Arm(std::max(lead_ns, 10 * roster_.WorstRoundTripNs()), now_ns);
  port_.StageBegins(leg(), step().task == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE,
                    answers_->planned_operations());
}

void RunControl::OnInterval(uint32_t agent, const v1::IntervalReport& report, int64_t now_ns) {
  if (stage_ == nullptr) return;
  const absl::Status status = stage_->OnInterval(agent, report);
  if (!status.ok()) LoseAgent(agent, std::string(status.message()), now_ns);
}

void RunControl::OnStageDone(uint32_t agent, const v1::StageDone& done, int64_t now_ns) {
  if (stage_ == nullptr) return;
  stage_->OnStageDone(agent, done);
  EndStageIfDone(now_ns);
}

void RunControl::EndStageIfDone(int64_t now_ns) {
  if (stage_ == nullptr || !stage_->done()) return;
  stage_->Record(run_over_);
  stage_->JudgeGates({run_.agents().begin(), run_.agents().end()}, settings_.override_gates);
  const std::string error = stage_->error();
  stage_.reset();
  if (!run_over_) return error.empty() ? NextStep(now_ns) : FailLeg(error, now_ns);
  ConcludeLeg();
  Finish(now_ns);
}

// ------------------------------------------------------------------------------- the ways out

void RunControl::Interrupt(int64_t now_ns) {
  if (state_ == State::kFinished || run_over_) return;
  run_.set_state(v1::RUN_STATE_INTERRUPTED);
  StopAgents("interrupted by the user", now_ns);
}

void RunControl::Abort(const std::string& reason, int64_t now_ns) {
  if (state_ == State::kFinished || run_over_) return;
  port_.Say(reason);
  run_.set_state(v1::RUN_STATE_ABORTED);
  AddReason(v1::VALIDITY_INVALID, reason, run_.mutable_verdict());
  StopAgents(reason, now_ns);
}

void RunControl::LeaveOutTheRest(const std::string& reason) {
  for (size_t i = step_; i < program_.steps.size(); ++i) {
    const Step& rest = program_.steps[i];
    v1::Leg* left_out = run_.mutable_legs(static_cast<int>(rest.leg));
    const bool begun = stage_ != nullptr && rest.leg == step().leg;
    const char* words =
        begun || left_out->results_size() > 0 ? "not run to its end: " : "not run: ";
    if (left_out->failure().empty()) left_out->set_failure(absl::StrCat(words, reason));
  }
}

// What runs is ended and kept; what has not begun is left out.
void RunControl::StopAgents(const std::string& reason, int64_t now_ns) {
  if (run_over_) return;
  run_over_ = true;
  LeaveOutTheRest(reason);
  if (stage_ == nullptr) return Finish(now_ns);
  v1::CoordinatorMessage message;
  message.mutable_stop()->set_reason(reason);
  roster_.SendAll(message);
  stop_deadline_ns_ = now_ns + settings_.stop_timeout_ns;
  EndStageIfDone(now_ns);
}

void RunControl::OnDisconnected(ConnectionId connection, int64_t now_ns) {
  const std::optional<uint32_t> agent = roster_.Find(connection);
  if (!agent || state_ == State::kFinished) return;
  LoseAgent(*agent, "its connection broke", now_ns);
}

// R43: a run that lost an agent did not carry out its plan. Its numbers are kept and marked
// INVALID.
void RunControl::LoseAgent(uint32_t agent, const std::string& why, int64_t now_ns) {
  roster_.Lose(agent);
  if (answers_) answers_->Forget(agent);
  const std::string reason = absl::StrCat(roster_.NameOf(agent), " was lost: ", why);
  if (stage_ != nullptr) {
    if (run_over_) AddReason(v1::VALIDITY_INVALID, reason, leg().mutable_verdict());
    stage_->Lose(agent);
  }
  if (run_over_) return EndStageIfDone(now_ns);
  Abort(reason, now_ns);
}

void RunControl::OnTick(int64_t now_ns) {
  if (state_ == State::kFinished) return;
  if (state_ == State::kJoining && now_ns - started_ns_ > settings_.join_timeout_ns) {
    return Abort(
        absl::StrCat("only ", roster_.size(), " of ", settings_.agents, " agents joined in time"),
        now_ns);
  }
  while (const std::optional<uint32_t> silent = roster_.Silent(now_ns)) {
    LoseAgent(*silent, "no word from it within the lease", now_ns);
    if (state_ == State::kFinished) return;
  }
  roster_.OnTick(now_ns);
  if (run_over_ && stage_ != nullptr && now_ns > stop_deadline_ns_) {
    stage_->LoseUnfinished();
    EndStageIfDone(now_ns);
  }
}

void RunControl::Finish(int64_t now_ns) {
  if (run_.state() == v1::RUN_STATE_RUNNING) run_.set_state(v1::RUN_STATE_FINISHED);
  for (v1::Leg& leg : *run_.mutable_legs()) {
    if (judged_.insert(leg.index()).second) JudgeLeg(run_.campaign(), &leg);
  }
  JudgeRun(&run_);
  run_.set_finished_unix_ns(run_.started_unix_ns() + now_ns - started_ns_);
  v1::CoordinatorMessage message;
  message.mutable_goodbye()->set_reason("the run is over");
  roster_.SendAll(message);
  state_ = State::kFinished;
  port_.RunChanged(run_);
  port_.Finished();
}

}  // namespace weir
