#include "coordinator/run_control.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "coordinator/bottleneck.h"
#include "coordinator/headroom.h"
#include "coordinator/leg_verdict.h"
#include "coordinator/round_repeats.h"

namespace weir {
namespace {

// From the order to start to the start: at least so long, and so many of the longest round trip
// that any agent has had, which tells how busy the machine is.
constexpr int64_t kLocalLeadNs = 80 * kNsPerMs;
constexpr int64_t kLocalRoundTrips = 100;
constexpr int64_t kRemoteLeadNs = 2 * kNsPerSecond;
constexpr int64_t kRemoteRoundTrips = 10;
constexpr int64_t kLongestLeadNs = 30 * kNsPerSecond;
constexpr int64_t kRepeatNs = kNsPerSecond;
constexpr int64_t kProofLengthNs = 2 * kNsPerSecond;

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
    case v1::TASK_PROVE:
      return "preparing to prove headroom";
    case v1::TASK_CANARY:
      return "preparing the canary";
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
  leg.set_round(plan.round);
  const auto* backend = target.GetReflection()->GetOneofFieldDescriptor(
      target, target.GetDescriptor()->FindOneofByName("backend"));
  if (backend != nullptr) leg.set_backend(backend->name());
  leg.set_open_loop(scenario.shape().has_open());
  leg.set_sessions(leg.open_loop() ? scenario.shape().open().sessions()
                                   : scenario.shape().closed().sessions());
  return leg;
}

double CanaryPerSecond(const v1::Leg& canary) {
  double done = 0;
  for (const v1::PhaseResult& result : canary.results()) {
    done += static_cast<double>(result.total().ok());
  }
  const int64_t length_ns = canary.spans_size() > 0 ? canary.spans(0).duration_ns() : 0;
  return length_ns > 0 ? done * 1e9 / static_cast<double>(length_ns) : 0;
}

}  // namespace

RunControl::RunControl(const RunControlSettings& settings, v1::RunResult run, RunPort& port)
    : settings_(settings),
      port_(port),
      run_(std::move(run)),
      program_(MakeRunProgram(run_.campaign(), settings.agents, settings.prove_headroom)),
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
  v1::JournalRecord record;
  record.mutable_begun()->set_run_id(run_.id());
  record.mutable_begun()->set_agents(settings_.agents);
  Keep(std::move(record), now_ns);
  if (run_.campaign().has_compare()) KeepDesign(now_ns);
  port_.RunChanged(run_);
}

// False when the journal cannot be written: the run ends, and what the record says is not done.
bool RunControl::Keep(v1::JournalRecord record, int64_t now_ns) {
  record.set_unix_ns(run_.started_unix_ns() + now_ns - started_ns_);
  const absl::Status kept = port_.Keep(record);
  if (!kept.ok() && !over()) Abort(std::string(kept.message()), now_ns);
  return kept.ok();
}

void RunControl::KeepState(const std::string& reason, int64_t now_ns) {
  v1::JournalRecord record;
  record.mutable_state()->set_state(run_.state());
  record.mutable_state()->set_reason(reason);
  Keep(std::move(record), now_ns);
}

// Before the first run, so that nothing of it can be chosen by what is seen later (R22).
void RunControl::KeepDesign(int64_t now_ns) {
  v1::JournalRecord record;
  for (const v1::Leg& leg : run_.legs()) {
    v1::JournalSlot* slot = record.mutable_design()->add_slots();
    slot->set_leg(leg.index());
    slot->set_scenario(leg.scenario());
    slot->set_target(leg.target());
    slot->set_round(leg.round());
  }
  Keep(std::move(record), now_ns);
}

const v1::Scenario& RunControl::scenario() const {
  return run_.campaign().scenarios(static_cast<int>(program_.legs[step().leg].scenario));
}

const v1::Target& RunControl::target() const {
  return run_.campaign().targets(static_cast<int>(program_.legs[step().leg].target));
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
    case v1::AgentMessage::kInterval:
    case v1::AgentMessage::kStageDone:
    case v1::AgentMessage::kThroughputChanged:
      return OnStageMessage(*agent, message, now_ns);
    case v1::AgentMessage::kFailure:
      return LoseAgent(*agent, message.failure().error(), now_ns);
    case v1::AgentMessage::kFarewell:
      return OnFarewell(*agent, now_ns);
    default:
      return;
  }
}

void RunControl::OnPong(uint32_t agent, const v1::Pong& pong, int64_t now_ns) {
  const std::optional<int64_t> step_ns = roster_.OnPong(agent, pong, now_ns);
  if (step_ns && stage_ != nullptr) stage_->OnClockStep(agent, *step_ns);
  if (state_ == State::kJoining && roster_.Complete()) BeginStep(now_ns);
}

// ------------------------------------------------------------------------------------- steps

void RunControl::BeginStep(int64_t now_ns) {
  if (step_ == program_.steps.size()) return Finish(now_ns);
  state_ = State::kAsking;
  v1::JournalRecord record;
  record.mutable_prepare()->set_step(StepNumber());
  record.mutable_prepare()->set_leg(step().leg);
  record.mutable_prepare()->set_task(step().task);
  if (!Keep(std::move(record), now_ns)) return;
  answers_.emplace(step(), Scoped(step().scope), roster_, &run_);
  AskAwaited(now_ns);
}

v1::CoordinatorMessage RunControl::MakePrepare() const {
  v1::CoordinatorMessage message;
  v1::Prepare* prepare = message.mutable_prepare();
  prepare->set_step(StepNumber());
  prepare->set_leg(step().leg);
  prepare->set_task(step().task);
  *prepare->mutable_campaign() = run_.campaign();
  prepare->set_scenario(program_.legs[step().leg].scenario);
  prepare->set_target(program_.legs[step().leg].target);
  prepare->set_share_count(settings_.agents);
  // Agents after the first find the schema there; one with a database of its own creates it.
  prepare->set_create_schema(step().task == v1::TASK_SET_UP && step().scope == Scope::kLeader &&
                             scenario().phases().has_load());
  if (step().task == v1::TASK_PROVE) {
    prepare->set_rate_factor(kHeadroomFactor);
    prepare->mutable_length()->set_ns(
        std::min<int64_t>(kProofLengthNs, scenario().phases().measure().ns()));
  } else if (step().task == v1::TASK_CANARY) {
    *prepare->mutable_length() = run_.campaign().compare().canary();
  }
  return message;
}

void RunControl::AskAwaited(int64_t now_ns) {
  asked_ns_ = now_ns;
  v1::CoordinatorMessage message = MakePrepare();
  for (const uint32_t agent : answers_->awaited()) {
    message.mutable_prepare()->set_share_index(agent);
    roster_.Send(agent, message);
  }
}

void RunControl::OnPrepared(uint32_t agent, const v1::Prepared& prepared, int64_t now_ns) {
  if (state_ != State::kAsking || prepared.step() != StepNumber()) return;
  if (answers_->Take(agent, prepared) && answers_->complete()) AllPrepared(now_ns);
}

void RunControl::AllPrepared(int64_t now_ns) {
  if (answers_->error().empty()) return step().armed ? BeginStage(now_ns) : NextStep(now_ns);
  if (step().task == v1::TASK_REACH) {
    target_unreachable_ = answers_->unreachable();
    return Abort(absl::StrCat("target ", leg().target(), ": ", answers_->error()), now_ns);
  }
  if (step().task == v1::TASK_PROVE) return TakeHeadroom(NoHeadroom(answers_->error()), now_ns);
  FailLeg(absl::StrCat(TaskWords(step().task), ": ", answers_->error()), now_ns);
}

void RunControl::NextStep(int64_t now_ns) {
  if (step().last_of_leg) {
    ConcludeLeg(now_ns);
    const std::string again = RepeatSpoiledRound(settings_.agents, step_, &program_, &run_);
    if (!again.empty()) port_.Say(again);
  }
  if (over() || run_over_) return;
  ++step_;
  // The lost agent's share of what follows would be missing from the start.
  if (!tolerated_.empty() && step_ < program_.steps.size()) return Abort(tolerated_, now_ns);
  BeginStep(now_ns);
}

// The rest of the leg is left out; the run goes on with the next.
void RunControl::FailLeg(const std::string& reason, int64_t now_ns) {
  port_.Say(absl::StrCat(leg().scenario(), " on ", leg().target(), ": ", reason));
  leg().set_failure(reason);
  while (!step().last_of_leg) ++step_;
  NextStep(now_ns);
}

void RunControl::ConcludeLeg(int64_t now_ns) {
  JudgeLeg(run_.campaign(), &leg());
  NameBottleneck(scenario(), target(), &leg());
  judged_.insert(step().leg);
  roster_.RecordClocks(now_ns);
  v1::JournalRecord record;
  record.mutable_verdict()->set_leg(step().leg);
  *record.mutable_verdict()->mutable_verdict() = leg().verdict();
  if (Keep(std::move(record), now_ns)) port_.RunChanged(run_);
}

// ------------------------------------------------------------------------------------ stages

void RunControl::BeginStage(int64_t now_ns) {
  state_ = State::kStage;
  const bool aside = Rehearses();
  aside_.Clear();
  aside_.set_scenario(leg().scenario());
  aside_.set_open_loop(leg().open_loop());
  *aside_.mutable_operations() = leg().operations();
  const StageRun::Setup setup{.step = step(),
                              .number = StepNumber(),
                              .scenario = scenario(),
                              .target = target(),
                              .leg = aside ? &aside_ : &leg(),
                              .kept = !aside,
                              .tolerates_loss = settings_.tolerate_agent_loss,
                              .max_start_skew_ns = settings_.max_start_skew_ns,
                              .journal_from_unix_ns = run_.started_unix_ns() - started_ns_};
  stage_ = std::make_unique<StageRun>(setup, answers_->by_agent(), roster_, port_);
  const bool local = settings_.local_agents;
  const int64_t lead_ns =
      std::max(local ? kLocalLeadNs : kRemoteLeadNs,
               (local ? kLocalRoundTrips : kRemoteRoundTrips) * roster_.WorstRoundTripNs());
  stage_->Arm(std::min(lead_ns, kLongestLeadNs), now_ns);
  if (aside) return;
  port_.StageBegins(leg(), step().task == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE,
                    answers_->planned_operations());
}

void RunControl::OnStageMessage(uint32_t agent, const v1::AgentMessage& message, int64_t now_ns) {
  const uint32_t number = message.has_armed()        ? message.armed().step()
                          : message.has_interval()   ? message.interval().step()
                          : message.has_stage_done() ? message.stage_done().step()
                                                     : message.throughput_changed().step();
  // The end of a step that is behind us: the agent has not heard that we know.
  if (message.has_stage_done() && number < StepNumber()) {
    v1::CoordinatorMessage reply;
    reply.mutable_acknowledge()->set_step(number);
    reply.mutable_acknowledge()->set_sequence(message.stage_done().last_sequence());
    reply.mutable_acknowledge()->set_stage_done(true);
    return roster_.Send(agent, reply);
  }
  if (stage_ == nullptr || number != StepNumber()) return;
  if (message.has_armed()) stage_->OnArmed(agent, message.armed(), now_ns);
  if (message.has_interval()) stage_->OnInterval(agent, message.interval(), now_ns);
  if (message.has_stage_done()) stage_->OnStageDone(agent, message.stage_done(), now_ns);
  if (message.has_throughput_changed()) {
    stage_->OnThroughputChanged(agent, message.throughput_changed(), now_ns);
  }
  LookAtStage(now_ns);
}

// What the stage has come to, after anything that it was told.
void RunControl::LookAtStage(int64_t now_ns) {
  if (stage_ == nullptr) return;
  if (const std::optional<StageRun::Fault> fault = stage_->TakeFault()) {
    LoseAgent(fault->agent, fault->what, now_ns);
  }
  if (stage_ != nullptr && !stage_->fatal().empty()) Abort(stage_->fatal(), now_ns);
  if (stage_ != nullptr && stage_->done()) EndStage(now_ns);
}

void RunControl::EndStage(int64_t now_ns) {
  stage_->Record(run_over_, now_ns);
  stage_->JudgeGates({run_.agents().begin(), run_.agents().end()}, settings_.override_gates);
  const std::string error = stage_->error();
  stage_.reset();
  if (run_over_) {
    ConcludeLeg(now_ns);
    return Finish(now_ns);
  }
  if (step().task == v1::TASK_PROVE) {
    return TakeHeadroom(error.empty() ? JudgeHeadroom(aside_) : NoHeadroom(error), now_ns);
  }
  if (!error.empty()) return FailLeg(error, now_ns);
  if (step().task == v1::TASK_CANARY) leg().set_canary_per_s(CanaryPerSecond(aside_));
  NextStep(now_ns);
}

// The legs of the scenario keep the last attempt. Without headroom nothing is measured, unless the
// user insists.
void RunControl::TakeHeadroom(const v1::Headroom& headroom, int64_t now_ns) {
  const uint32_t proving = step().leg;
  const auto again = [&] {
    const Step& next = program_.steps[step_ + 1];  // a proof is never the last step
    return next.task == v1::TASK_PROVE && next.leg == proving;
  };
  while ((headroom.proven() || settings_.override_gates) && again()) ++step_;
  if (!headroom.proven() && !settings_.override_gates && again()) return NextStep(now_ns);
  for (v1::Leg& other : *run_.mutable_legs()) {
    if (other.scenario() != leg().scenario()) continue;
    *other.mutable_headroom() = headroom;
    const bool overridden = !headroom.proven() && settings_.override_gates;
    if (overridden) other.mutable_verdict()->add_overridden("headroom");
  }
  if (headroom.proven()) return NextStep(now_ns);
  const std::string why =
      absl::StrCat("scenario ", leg().scenario(), ": ", HeadroomWords(headroom));
  if (!settings_.override_gates) return Abort(why, now_ns);
  port_.Say(why);
  NextStep(now_ns);
}

// ------------------------------------------------------------------------------- the ways out

void RunControl::Interrupt(int64_t now_ns) {
  if (over() || run_over_) return;
  run_.set_state(v1::RUN_STATE_INTERRUPTED);
  StopAgents("interrupted by the user", now_ns);
}

void RunControl::Abort(const std::string& reason, int64_t now_ns) {
  if (over() || run_over_) return;
  port_.Say(reason);
  run_.set_state(v1::RUN_STATE_ABORTED);
  AddReason(v1::VALIDITY_INVALID, reason, run_.mutable_verdict());
  StopAgents(reason, now_ns);
}

void RunControl::LeaveOutTheRest(const std::string& reason) {
  const bool begun = stage_ != nullptr && stage_->begun() && !Rehearses();
  for (size_t i = step_; i < program_.steps.size(); ++i) {
    const Step& rest = program_.steps[i];
    v1::Leg* left_out = run_.mutable_legs(static_cast<int>(rest.leg));
    const bool in_part = (begun && rest.leg == step().leg) || left_out->results_size() > 0;
    if (!left_out->failure().empty()) continue;
    left_out->set_failure(absl::StrCat(in_part ? "not run to its end: " : "not run: ", reason));
  }
}

// What runs is ended and kept; what has not begun is left out.
void RunControl::StopAgents(const std::string& reason, int64_t now_ns) {
  if (run_over_) return;
  run_over_ = true;
  KeepState(reason, now_ns);
  LeaveOutTheRest(reason);
  if (stage_ != nullptr && !stage_->begun()) {
    stage_->Disarm();
    stage_.reset();
  }
  if (stage_ == nullptr) return Finish(now_ns);
  stage_->Stop(reason, now_ns + settings_.stop_timeout_ns, now_ns);
  if (stage_->done()) EndStage(now_ns);
}

// It may dial in again; until its lease ends nothing is lost.
void RunControl::OnDisconnected(ConnectionId connection, int64_t now_ns) {
  const std::optional<uint32_t> agent = roster_.OnDisconnected(connection);
  if (!agent || state_ == State::kFinished) return;
  if (state_ == State::kParting) return OnFarewell(*agent, now_ns);
  if (!run_over_) port_.Say(absl::StrCat(roster_.NameOf(*agent), ": its connection broke"));
}

void RunControl::OnAgentEnded(const std::string& name, const std::string& why, int64_t now_ns) {
  if (over()) return;
  const std::optional<uint32_t> agent = roster_.FindByName(name);
  if (!agent) return Abort(absl::StrCat(name, " ", why), now_ns);
  if (!roster_.lost(*agent)) LoseAgent(*agent, absl::StrCat("it ", why), now_ns);
}

bool RunControl::Tolerates(uint32_t agent) const {
  const bool driven = stage_ != nullptr && stage_->begun() && step().task == v1::TASK_DRIVE;
  return settings_.tolerate_agent_loss && driven && !run_over_ && stage_->OthersGoOn(agent);
}

// R43: a run that lost an agent did not carry out its plan. Its numbers are kept and marked
// INVALID, or PARTIAL where the user tolerates the loss.
void RunControl::LoseAgent(uint32_t agent, const std::string& why, int64_t now_ns) {
  if (over()) return OnFarewell(agent, now_ns);
  roster_.Lose(agent);
  if (answers_) answers_->Forget(agent);
  const std::string reason = absl::StrCat(roster_.NameOf(agent), " was lost: ", why);
  if (Tolerates(agent)) {
    port_.Say(absl::StrCat(reason, "; the others go on"));
    AddReason(v1::VALIDITY_PARTIAL, reason, leg().mutable_verdict());
    tolerated_ = reason;
    stage_->Lose(agent, now_ns);
    return LookAtStage(now_ns);
  }
  if (stage_ != nullptr && stage_->begun()) {
    if (run_over_) AddReason(v1::VALIDITY_INVALID, reason, leg().mutable_verdict());
    stage_->Lose(agent, now_ns);
  }
  if (!run_over_) return Abort(reason, now_ns);
  if (stage_ != nullptr && stage_->done()) EndStage(now_ns);
}

void RunControl::OnTick(int64_t now_ns) {
  if (state_ == State::kFinished) return;
  if (state_ == State::kParting) return Part(now_ns);
  if (state_ == State::kJoining && now_ns - started_ns_ > settings_.join_timeout_ns) {
    return Abort(roster_.size() == settings_.agents
                     ? "the clocks of the agents could not be measured in time"
                     : absl::StrCat("only ", roster_.size(), " of ", settings_.agents,
                                    " agents joined in time"),
                 now_ns);
  }
  while (const std::optional<uint32_t> silent = roster_.Silent(now_ns)) {
    LoseAgent(*silent, "no word from it within the lease", now_ns);
    if (over()) return;
  }
  roster_.OnTick(now_ns);
  if (state_ == State::kAsking && now_ns - asked_ns_ >= kRepeatNs) AskAwaited(now_ns);
  if (stage_ != nullptr) stage_->OnTick(now_ns);
  LookAtStage(now_ns);
}

void RunControl::Finish(int64_t now_ns) {
  if (over()) return;
  if (run_.state() == v1::RUN_STATE_RUNNING) run_.set_state(v1::RUN_STATE_FINISHED);
  for (v1::Leg& leg : *run_.mutable_legs()) {
    if (judged_.insert(leg.index()).second) JudgeLeg(run_.campaign(), &leg);
  }
  JudgeRun(&run_);
  roster_.RecordClocks(now_ns);
  run_.set_finished_unix_ns(run_.started_unix_ns() + now_ns - started_ns_);
  state_ = State::kParting;
  KeepState("the run is over", now_ns);
  port_.RunChanged(run_);
  parting_.emplace(roster_, now_ns);
  Part(now_ns);
}

void RunControl::Part(int64_t now_ns) {
  if (!parting_->OnTick(now_ns)) return;
  state_ = State::kFinished;
  port_.Finished();
}

void RunControl::OnFarewell(uint32_t agent, int64_t now_ns) {
  if (state_ != State::kParting) return;
  parting_->OnFarewell(agent);
  Part(now_ns);
}

}  // namespace weir
