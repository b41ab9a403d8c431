#include "coordinator/run_control.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "coordinator/agent_checks.h"
#include "coordinator/bottleneck.h"
#include "coordinator/budget.h"
#include "coordinator/headroom.h"
#include "coordinator/joining.h"
#include "coordinator/journal.h"
#include "coordinator/leg_verdict.h"
#include "coordinator/probe_judge.h"
#include "reports/fairness.h"

namespace weir {
namespace {

constexpr int64_t kRepeatNs = kNsPerSecond;

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
      course_(settings.agents, settings.prove_headroom, &run_),
      roster_({.agents = settings.agents,
               .local_agents = settings.local_agents,
               .lease_ns = settings.lease_ns,
               .join_token = settings.join_token},
              &run_, port) {}

void RunControl::Start(int64_t now_ns) {
  started_ns_ = now_ns;
  roster_.Open(run_.started_unix_ns() - now_ns);
  run_.set_state(v1::RUN_STATE_RUNNING);
  Keep(BegunRecord(run_.id(), settings_.agents), now_ns);
  if (run_.campaign().has_compare()) Keep(DesignRecord(run_), now_ns);
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
  if (const absl::Status sound = CheckMessage(message); !sound.ok()) {
    return LoseAgent(*agent, absl::StrCat(kUnsound, sound.message()), now_ns);
  }
  switch (message.body_case()) {
    case v1::AgentMessage::kPong:
      return OnPong(*agent, message.pong(), now_ns);
    case v1::AgentMessage::kPrepared:
      return OnPrepared(*agent, message.prepared(), now_ns);
    case v1::AgentMessage::kInterval:
      report_.Read(message.interval());
      return OnReport(*agent, report_, now_ns);
    case v1::AgentMessage::kArmed:
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

void RunControl::OnBytes(ConnectionId connection, std::string_view message, int64_t now_ns) {
  const std::string_view bytes = IntervalReportIn(message);
  const std::optional<uint32_t> agent = bytes.empty() ? std::nullopt : roster_.Find(connection);
  if (agent && state_ != State::kFinished && report_.Read(bytes).ok()) {
    roster_.Heard(*agent, now_ns);
    return OnReport(*agent, report_, now_ns);
  }
  v1::AgentMessage parsed;
  if (parsed.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return OnMessage(connection, parsed, now_ns);
  }
  if (const std::optional<uint32_t> sender = roster_.Find(connection)) {
    LoseAgent(*sender, "it sent what is not a message", now_ns);
  }
}

// Of an agent that has gone, or has come back on another connection, nothing is taken here: then
// the bundle is not whole.
void RunControl::OnBundle(const BundleView& bundle, int64_t now_ns) {
  if (state_ == State::kFinished) return;
  std::vector<StageMerge::Bundled> known;
  for (const BundleView::Bundled& each : bundle.reports) {
    const std::optional<uint32_t> agent = roster_.Find(each.connection);
    if (!agent) continue;
    roster_.Heard(*agent, now_ns);
    if (each.report.step() == bundle.step) known.push_back({*agent, &each.report});
  }
  if (stage_ == nullptr || bundle.step != course_.number()) return;
  stage_->OnBundle(known, bundle.histograms, known.size() == bundle.reports.size(), now_ns);
  LookAtStage(now_ns);
}

void RunControl::OnPong(uint32_t agent, const v1::Pong& pong, int64_t now_ns) {
  const std::optional<int64_t> step_ns = roster_.OnPong(agent, pong, now_ns);
  if (step_ns && stage_ != nullptr) stage_->OnClockStep(agent, *step_ns);
  LookAtJoining(now_ns);
}

// Begins when all are here; where their number is open, when none has come for a while.
void RunControl::LookAtJoining(int64_t now_ns) {
  if (state_ != State::kJoining) return;
  const bool late = now_ns - started_ns_ > settings_.join_timeout_ns;
  const bool settled = (late || now_ns - roster_.joined_ns() >= settings_.join_window_ns) &&
                       roster_.size() >= settings_.min_agents;
  if ((!roster_.open() || settled) && roster_.Complete()) return BeginSteps(now_ns);
  if (!late) return;
  agents_missing_ = true;
  Abort(MissingAgents(roster_, settings_.join_timeout_ns, settings_.min_agents), now_ns);
}

void RunControl::BeginSteps(int64_t now_ns) {
  if (roster_.open()) {
    const std::string clash = SettleNumber(roster_.size(), &run_);
    if (!clash.empty()) return Abort(clash, now_ns);
    course_.Settle(roster_.size());
    if (!Keep(BegunRecord(run_.id(), roster_.size()), now_ns)) return;
  }
  roster_.Close();
  roster_.RecordClocks(now_ns);
  for (const std::string& warning : WallClockWarnings(run_)) port_.Say(warning);
  BeginStep(now_ns);
}

// ------------------------------------------------------------------------------------- steps

void RunControl::BeginStep(int64_t now_ns) {
  if (course_.ended()) return Finish(now_ns);
  const std::string exhausted =
      course_.Uses() ? BudgetExhausted(run_, settings_.running_costs, leg()) : "";
  if (!exhausted.empty()) return StopForBudget(exhausted, now_ns);
  state_ = State::kAsking;
  v1::JournalRecord record;
  record.mutable_prepare()->set_step(course_.number());
  record.mutable_prepare()->set_leg(step().leg);
  record.mutable_prepare()->set_task(step().task);
  if (!Keep(std::move(record), now_ns)) return;
  course_.Begin();
  answers_.emplace(step(), Scoped(step().scope), roster_, &run_);
  AskAwaited(now_ns);
}

void RunControl::AskAwaited(int64_t now_ns) {
  asked_ns_ = now_ns;
  v1::CoordinatorMessage message;
  *message.mutable_prepare() = course_.MakePrepare();
  if (step().task == v1::TASK_REACH && settings_.droppable.contains(course_.target().name())) {
    message.mutable_prepare()->set_create_schema(true);  // what it holds may be dropped
  }
  if (course_.Uses()) {
    const auto left = BudgetLeft(run_, settings_.running_costs, leg(), roster_.size());
    if (left) *message.mutable_prepare()->mutable_budget() = *left;
  }
  for (const uint32_t agent : answers_->awaited()) {
    message.mutable_prepare()->set_share_index(agent);
    roster_.Send(agent, message);
  }
}

void RunControl::OnPrepared(uint32_t agent, const v1::Prepared& prepared, int64_t now_ns) {
  if (state_ != State::kAsking || prepared.step() != course_.number()) return;
  if (const absl::Status sound = CheckPrepared(prepared, course_.scenario()); !sound.ok()) {
    return LoseAgent(agent, absl::StrCat(kUnsound, sound.message()), now_ns);
  }
  if (answers_->Take(agent, prepared) && answers_->complete()) AllPrepared(now_ns);
}

void RunControl::AllPrepared(int64_t now_ns) {
  if (step().task == v1::TASK_REACH) return Reached(now_ns);
  if (answers_->error().empty()) {
    if (step().task == v1::TASK_SET_UP) RefuseUnfairRanking(now_ns);
    if (over()) return;
    return step().armed ? BeginStage(now_ns) : NextStep(now_ns);
  }
  if (step().task == v1::TASK_PROVE) return TakeHeadroom(NoHeadroom(answers_->error()), now_ns);
  FailLeg(absl::StrCat(TaskWords(step().task), ": ", answers_->error()), now_ns);
}

// Every target is tried before the run ends for one: what is wrong is told at once.
void RunControl::Reached(int64_t now_ns) {
  if (!answers_->error().empty()) {
    target_unreachable_ |= answers_->unreachable();
    absl::StrAppend(&not_reached_, not_reached_.empty() ? "" : "; ", "target ", leg().target(),
                    ": ", answers_->error());
  }
  if (!not_reached_.empty() && !course_.ReachesAnother()) return Abort(not_reached_, now_ns);
  NextStep(now_ns);
}

// What the campaign says was compared before the run began; what only the databases can tell, as
// soon as they have told it, and not after hours of measuring.
void RunControl::RefuseUnfairRanking(int64_t now_ns) {
  if (!run_.campaign().has_compare()) return;
  std::vector<FairnessTarget> targets = FairnessTargets(run_, course_.scenario().name());
  std::erase_if(targets, [](const FairnessTarget& target) { return target.leg == nullptr; });
  const std::string refusal =
      RankingRefusal(FairnessLedger(run_.campaign().compare(), targets), targets);
  if (refusal.empty()) return;
  Abort(absl::StrCat(refusal, "; to rank them all the same, name it in compare.acknowledge"),
        now_ns);
}

void RunControl::NextStep(int64_t now_ns) {
  if (step().last_of_leg) {
    ConcludeLeg(now_ns);
    const RunCourse::Growth growth = course_.AfterLeg();
    for (const std::string& line : growth.lines) port_.Say(line);
    if (growth.extended) Keep(DesignRecord(run_), now_ns);
  }
  if (over() || run_over_) return;
  course_.Advance();
  // The lost agent's share of what follows would be missing from the start.
  if (!tolerated_.empty() && !course_.ended()) return Abort(tolerated_, now_ns);
  BeginStep(now_ns);
}

// The rest of the leg is left out; the run goes on with the next.
void RunControl::FailLeg(const std::string& reason, int64_t now_ns) {
  port_.Say(absl::StrCat(leg().scenario(), " on ", leg().target(), ": ", reason));
  leg().set_failure(reason);
  course_.SkipRestOfLeg();
  NextStep(now_ns);
}

void RunControl::ConcludeLeg(int64_t now_ns) {
  JudgeLeg(run_.campaign(), &leg());
  NameBottleneck(course_.scenario(), course_.target(), &leg());
  if (leg().has_probe()) {
    JudgeProbe(run_.campaign().capacity().objective(), backlog_, &leg());
    backlog_ = {};
  }
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
  const bool aside = course_.Rehearses();
  if (!aside) {  // with what is kept here the stage can be brought to its end without us
    for (v1::JournalRecord& record : ShareRecords(course_.number(), answers_->by_agent()))
      if (!Keep(std::move(record), now_ns)) return;
    port_.RunChanged(run_);
  }
  aside_.Clear();
  aside_.set_scenario(leg().scenario());
  aside_.set_open_loop(leg().open_loop());
  *aside_.mutable_operations() = leg().operations();
  const StageRun::Setup setup{.step = step(),
                              .number = course_.number(),
                              .scenario = course_.scenario(),
                              .target = course_.target(),
                              .leg = aside ? &aside_ : &leg(),
                              .kept = !aside,
                              .tolerates_loss = settings_.min_agents > 0,
                              .max_start_skew_ns = settings_.max_start_skew_ns,
                              .journal_from_unix_ns = run_.started_unix_ns() - started_ns_};
  stage_ = std::make_unique<StageRun>(setup, answers_->by_agent(), roster_, port_);
  stage_->Arm(StartLeadNs(settings_.local_agents, roster_.WorstRoundTripNs()), now_ns);
  if (aside) return;
  port_.StageBegins(leg(), step().task == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE,
                    answers_->planned_operations());
}

void RunControl::OnReport(uint32_t agent, const ReportView& report, int64_t now_ns) {
  if (stage_ == nullptr || report.step() != course_.number()) return;
  stage_->OnInterval(agent, report, now_ns);
  LookAtStage(now_ns);
}

void RunControl::OnStageMessage(uint32_t agent, const v1::AgentMessage& message, int64_t now_ns) {
  const uint32_t number = message.has_armed()        ? message.armed().step()
                          : message.has_stage_done() ? message.stage_done().step()
                                                     : message.throughput_changed().step();
  // The end of a step that is behind us: the agent has not heard that we know.
  if (message.has_stage_done() && number < course_.number()) {
    v1::CoordinatorMessage reply;
    reply.mutable_acknowledge()->set_step(number);
    reply.mutable_acknowledge()->set_sequence(message.stage_done().last_sequence());
    reply.mutable_acknowledge()->set_stage_done(true);
    return roster_.Send(agent, reply);
  }
  if (stage_ == nullptr || number != course_.number()) return;
  if (message.has_armed()) stage_->OnArmed(agent, message.armed(), now_ns);
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
  if (stage_ != nullptr && !stage_->budget_reached().empty()) {
    StopForBudget(stage_->budget_reached(), now_ns);
  }
  if (stage_ != nullptr && stage_->done()) EndStage(now_ns);
}

void RunControl::EndStage(int64_t now_ns) {
  stage_->Record(run_over_, now_ns);
  stage_->JudgeGates({run_.agents().begin(), run_.agents().end()}, settings_.override_gates);
  if (step().task == v1::TASK_DRIVE) backlog_ = stage_->BacklogGrowth();
  const std::string error = stage_->error();
  stage_.reset();
  if (!course_.Rehearses())
    port_.RunChanged(run_);  // before the agents forget it for the next step
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
  const bool goes_on = headroom.proven() || settings_.override_gates;
  while (goes_on && course_.ProvesAgain()) course_.Advance();
  if (!goes_on && course_.ProvesAgain()) return NextStep(now_ns);
  for (v1::Leg& other : *run_.mutable_legs()) {
    if (other.scenario() != leg().scenario()) continue;
    if (goes_on) {
      DriveWith(headroom, &other);
    } else {
      *other.mutable_headroom() = headroom;
    }
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

// What one agent's share allowed is used, and the others' will be within a second.
void RunControl::StopForBudget(const std::string& reason, int64_t now_ns) {
  if (over() || run_over_) return;
  run_.mutable_budget()->set_reached(
      absl::StrCat(reason, ", in ", leg().scenario(), " on ", leg().target()));
  Abort(absl::StrCat("stopped at a limit: ", run_.budget().reached()), now_ns);
}

// What runs is ended and kept; what has not begun is left out.
void RunControl::StopAgents(const std::string& reason, int64_t now_ns) {
  if (run_over_) return;
  run_over_ = true;
  KeepState(reason, now_ns);
  course_.LeaveOut(reason, stage_ != nullptr && stage_->begun() && !course_.Rehearses());
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
  const bool enough = settings_.min_agents > 0 && roster_.left() >= settings_.min_agents;
  return enough && driven && !run_over_ && stage_->OthersGoOn(agent);
}

// R43: a run that lost an agent did not carry out its plan. Its numbers are kept and marked
// INVALID, or PARTIAL where the user tolerates the loss.
void RunControl::LoseAgent(uint32_t agent, const std::string& why, int64_t now_ns) {
  if (over()) return OnFarewell(agent, now_ns);
  // Before the run begins nothing is lost with an agent that somebody may start anew.
  if (state_ == State::kJoining && !settings_.local_agents) {
    port_.Say(absl::StrCat(roster_.NameOf(agent), " left before the run began: ", why));
    return roster_.Vacate(agent);
  }
  roster_.Lose(agent);
  if (answers_) answers_->Forget(agent);
  std::string reason = absl::StrCat(roster_.NameOf(agent), " was lost: ", why);
  if (roster_.left() < settings_.min_agents) {
    absl::StrAppend(&reason, "; ", roster_.left(), " left, fewer than --min-agents ",
                    settings_.min_agents);
  }
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
  if (!run_over_) {
    agent_lost_ = true;
    return Abort(reason, now_ns);
  }
  if (stage_ != nullptr && stage_->done()) EndStage(now_ns);
}

void RunControl::OnTick(int64_t now_ns) {
  if (state_ == State::kFinished) return;
  if (state_ == State::kParting) return Part(now_ns);
  LookAtJoining(now_ns);
  if (over()) return;
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
  roster_.Close();
  if (run_.state() == v1::RUN_STATE_RUNNING) run_.set_state(v1::RUN_STATE_FINISHED);
  for (v1::Leg& leg : *run_.mutable_legs()) {
    if (judged_.insert(leg.index()).second) JudgeLeg(run_.campaign(), &leg);
  }
  course_.Conclude();
  JudgeRun(&run_);
  if (settings_.plain_over_network)
    AddReason(v1::VALIDITY_VALID, kPlainOverNetwork, run_.mutable_verdict());
  if (run_.campaign().has_budget()) {
    v1::BudgetUse use = BudgetUsed(run_, settings_.running_costs);
    use.set_reached(run_.budget().reached());
    *run_.mutable_budget() = std::move(use);
  }
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
