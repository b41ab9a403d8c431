#include "coordinator/run_control.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/clock.h"
#include "coordinator/leg_verdict.h"

namespace weir {
namespace {

constexpr uint32_t kProtocol = 1;
constexpr uint64_t kFirstPings = 16;
constexpr int64_t kPingPeriodNs = kNsPerSecond;
constexpr int64_t kLocalLeadNs = 250 * kNsPerMs;
constexpr int64_t kRemoteLeadNs = kNsPerSecond;
constexpr uint32_t kNobody = UINT32_MAX;
constexpr uint32_t kExitRefused = 64;

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
      program_(MakeRunProgram(run_.campaign(), settings.agents)) {
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
  for (uint32_t i = 0; i < agents_.size(); ++i) {
    if (scope == Scope::kAll || (scope == Scope::kLeader) == (i == 0)) agents.push_back(i);
  }
  return agents;
}

v1::Phase RunControl::StagePhase() const {
  return step().task == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE;
}

// ----------------------------------------------------------------------------------- joining

void RunControl::OnMessage(ConnectionId connection, const v1::AgentMessage& message,
                           int64_t now_ns) {
  if (state_ == State::kFinished) return;
  if (message.has_hello()) return OnHello(connection, message.hello(), now_ns);
  const uint32_t agent = AgentOf(connection);
  if (agent == kNobody || agents_[agent].gone) return;
  agents_[agent].heard_ns = now_ns;
  switch (message.body_case()) {
    case v1::AgentMessage::kPong:
      return OnPong(agent, message.pong(), now_ns);
    case v1::AgentMessage::kPrepared:
      return OnPrepared(agent, message.prepared(), now_ns);
    case v1::AgentMessage::kArmed:
      return OnArmed(agent, message.armed());
    case v1::AgentMessage::kInterval:
      return OnInterval(agent, message.interval(), now_ns);
    case v1::AgentMessage::kStageDone:
      return OnStageDone(agent, message.stage_done(), now_ns);
    case v1::AgentMessage::kFailure:
      return LoseAgent(agent, message.failure().error(), now_ns);
    default:
      return;
  }
}

void RunControl::OnHello(ConnectionId connection, const v1::Hello& hello, int64_t now_ns) {
  if (hello.protocol() != kProtocol) {
    return Refuse(connection, absl::StrCat("the agent speaks protocol ", hello.protocol(),
                                           ", this coordinator ", kProtocol));
  }
  if (state_ != State::kJoining || agents_.size() == settings_.agents) {
    return Refuse(connection, "the run has all its agents");
  }
  const auto index = static_cast<uint32_t>(agents_.size());
  agents_.push_back({.connection = connection, .heard_ns = now_ns});
  v1::AgentFacts* facts = run_.add_agents();
  *facts = hello.facts();
  facts->set_index(index);
  v1::CoordinatorMessage message;
  v1::Welcome* welcome = message.mutable_welcome();
  welcome->set_run_id(run_.id());
  welcome->set_agent_index(index);
  welcome->set_agent_count(settings_.agents);
  welcome->set_local_agents(settings_.local_agents ? settings_.agents : 1);
  welcome->mutable_lease()->set_ns(settings_.lease_ns);
  SendTo(index, message);
  Ping(index, now_ns);
}

void RunControl::Refuse(ConnectionId connection, const std::string& reason) {
  v1::CoordinatorMessage message;
  message.mutable_goodbye()->set_reason(reason);
  message.mutable_goodbye()->set_exit_code(kExitRefused);
  port_.Send(connection, message);
}

void RunControl::Ping(uint32_t agent, int64_t now_ns) {
  agents_[agent].pinged_ns = now_ns;
  v1::CoordinatorMessage message;
  message.mutable_ping()->set_sequence(++agents_[agent].pings);
  message.mutable_ping()->set_sent_ns(now_ns);
  SendTo(agent, message);
}

void RunControl::OnPong(uint32_t agent, const v1::Pong& pong, int64_t now_ns) {
  ClockOffset& clock = agents_[agent].clock;
  clock.Add(pong.ping_sent_ns(), pong.received_ns(), pong.sent_ns(), now_ns);
  v1::AgentFacts* facts = run_.mutable_agents(static_cast<int>(agent));
  facts->set_clock_offset_ns(clock.offset_ns());
  facts->set_clock_offset_bound_ns(clock.bound_ns());
  if (state_ != State::kJoining) return;
  if (agents_[agent].pings < kFirstPings) return Ping(agent, now_ns);
  BeginIfComplete(now_ns);
}

void RunControl::BeginIfComplete(int64_t now_ns) {
  if (agents_.size() < settings_.agents) return;
  for (const Agent& agent : agents_) {
    if (agent.clock.samples() < static_cast<int>(kFirstPings)) return;
  }
  BeginStep(now_ns);
}

// ------------------------------------------------------------------------------------- steps

void RunControl::BeginStep(int64_t now_ns) {
  if (step_ == program_.steps.size()) return Finish(now_ns);
  state_ = State::kAsking;
  step_error_.clear();
  step_unreachable_ = false;
  plan_digest_.clear();
  answers_.assign(agents_.size(), {});
  merge_.reset();
  const std::vector<uint32_t> scoped = Scoped(step().scope);
  awaited_ = {scoped.begin(), scoped.end()};
  v1::CoordinatorMessage message;
  v1::Prepare* prepare = message.mutable_prepare();
  prepare->set_leg(step().leg);
  prepare->set_task(step().task);
  *prepare->mutable_campaign() = run_.campaign();
  prepare->set_scenario(program_.legs[step().leg].scenario);
  prepare->set_target(program_.legs[step().leg].target);
  prepare->set_share_count(settings_.agents);
  for (const uint32_t agent : scoped) {
    prepare->set_share_index(agent);
    // Agents after the first find the schema there; one with a database of its own creates it.
    prepare->set_create_schema(step().task == v1::TASK_SET_UP && step().scope == Scope::kLeader &&
                               scenario().phases().has_load());
    SendTo(agent, message);
  }
}

void RunControl::OnPrepared(uint32_t agent, const v1::Prepared& prepared, int64_t now_ns) {
  if (state_ != State::kAsking || awaited_.erase(agent) == 0) return;
  TakeAnswer(agent, prepared);
  if (awaited_.empty()) AllPrepared(now_ns);
}

void RunControl::TakeAnswer(uint32_t agent, const v1::Prepared& prepared) {
  answers_[agent] = prepared;
  if (!prepared.error().empty()) {
    if (step_error_.empty()) step_error_ = prepared.error();
    step_unreachable_ |= prepared.target_unreachable();
    return;
  }
  if (prepared.conditions_size() > 0 && step().task == v1::TASK_SET_UP && agent == 0) {
    *leg().mutable_conditions() = prepared.conditions();
    leg().set_provisioned_ru(prepared.provisioned_ru());
    leg().set_charge_basis(prepared.charge_basis());
    leg().set_caution(prepared.caution());
  }
  if (prepared.verification().done()) *leg().mutable_verification() = prepared.verification();
  if (!step().armed) return;
  run_.mutable_agents(static_cast<int>(agent))->set_workers(prepared.workers());
  planned_operations_ = prepared.planned_operations();
  if (plan_digest_.empty()) plan_digest_ = prepared.plan_digest();
  if (plan_digest_ != prepared.plan_digest() && step_error_.empty()) {
    step_error_ = absl::StrCat(NameOf(agent), " has another plan than ", NameOf(0),
                               ": are they the same build?");
  }
  leg().set_plan_digest(plan_digest_);
  if (step().task == v1::TASK_DRIVE || leg().operations_size() == 0) {
    *leg().mutable_operations() = prepared.operations();
  }
}

void RunControl::AllPrepared(int64_t now_ns) {
  if (!step_error_.empty()) {
    const std::string reason = absl::StrCat(TaskWords(step().task), ": ", step_error_);
    if (step().task == v1::TASK_REACH) {
      target_unreachable_ = step_unreachable_;
      return Abort(absl::StrCat("target ", leg().target(), ": ", step_error_), now_ns);
    }
    return FailLeg(reason, now_ns);
  }
  if (step().armed) return ArmAll(now_ns);
  NextStep(now_ns);
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

// ------------------------------------------------------------------------------------ stages

void RunControl::ArmAll(int64_t now_ns) {
  const int64_t lead_ns = settings_.local_agents ? kLocalLeadNs : kRemoteLeadNs;
  stage_start_ns_ = now_ns + std::max(lead_ns, 10 * WorstRoundTripNs());
  merge_ = std::make_unique<StageMerge>(settings_.agents);
  for (uint32_t agent = 0; agent < answers_.size(); ++agent) merge_->Expect(agent, answers_[agent]);
  stage_ends_.assign(agents_.size(), {});
  seconds_merged_ = 0;
  state_ = State::kArming;
  const std::vector<uint32_t> scoped = Scoped(Scope::kAll);
  awaited_ = {scoped.begin(), scoped.end()};
  v1::CoordinatorMessage message;
  message.mutable_arm()->set_leg(step().leg);
  message.mutable_arm()->set_task(step().task);
  for (const uint32_t agent : scoped) {
    message.mutable_arm()->set_start_ns(stage_start_ns_ + agents_[agent].clock.offset_ns());
    SendTo(agent, message);
  }
  port_.StageBegins(leg(), StagePhase(), planned_operations_);
}

void RunControl::OnArmed(uint32_t agent, const v1::Armed&) {
  if (state_ != State::kArming) return;
  awaited_.erase(agent);
  if (awaited_.empty()) state_ = State::kRunning;
}

void RunControl::ShowSecond(const MergedSecond& second) {
  seconds_merged_ = second.second + 1;
  port_.SecondMerged(leg(), StagePhase(), second);
}

void RunControl::OnInterval(uint32_t agent, const v1::IntervalReport& report, int64_t now_ns) {
  const bool current =
      merge_ != nullptr && report.leg() == step().leg && report.task() == step().task;
  if (!current) return;
  const auto taken =
      merge_->Add(agent, report, [this](const MergedSecond& second) { ShowSecond(second); });
  if (!taken.ok()) return LoseAgent(agent, std::string(taken.status().message()), now_ns);
  if (*taken == StageMerge::Taken::kGap) return LoseAgent(agent, "reports are missing", now_ns);
  v1::CoordinatorMessage message;
  message.mutable_acknowledge()->set_leg(report.leg());
  message.mutable_acknowledge()->set_task(report.task());
  message.mutable_acknowledge()->set_sequence(report.sequence());
  SendTo(agent, message);
}

void RunControl::OnStageDone(uint32_t agent, const v1::StageDone& done, int64_t now_ns) {
  const bool current = merge_ != nullptr && done.leg() == step().leg && done.task() == step().task;
  if (!current) return;
  stage_ends_[agent] = done;
  const absl::Status status =
      merge_->Finish(agent, done, [this](const MergedSecond& second) { ShowSecond(second); });
  if (!status.ok()) {
    AddReason(v1::VALIDITY_INVALID, std::string(status.message()), leg().mutable_verdict());
  }
  if (!done.error().empty() && step_error_.empty()) {
    step_error_ = absl::StrCat(NameOf(agent), ": ", done.error());
  }
  EndStageIfDone(now_ns);
}

void RunControl::EndStageIfDone(int64_t now_ns) {
  if (merge_ == nullptr || !merge_->done()) return;
  RecordStage();
  if (!run_over_) return step_error_.empty() ? NextStep(now_ns) : FailLeg(step_error_, now_ns);
  ConcludeLeg();
  Finish(now_ns);
}

void RunControl::RecordStage() {
  for (const auto& [key, tally] : merge_->totals()) {
    v1::PhaseResult* result = leg().add_results();
    result->set_phase(key.first);
    result->set_operation(key.second);
    *result->mutable_total() = tally->ToProto();
  }
  RecordSpans();
  for (uint32_t agent = 0; agent < stage_ends_.size(); ++agent) {
    RecordShares(stage_ends_[agent], agent);
    RecordErrors(stage_ends_[agent], agent);
  }
  merge_.reset();
}

void RunControl::RecordShares(const v1::StageDone& end, uint32_t agent) {
  for (const v1::PhaseResult& total : end.totals()) {
    v1::AgentShare* share = leg().add_shares();
    share->set_agent(agent);
    share->set_phase(total.phase());
    share->set_operation(total.operation());
    *share->mutable_total() = total.total();
    share->set_start_lateness_ns(end.start_lateness_ns());
  }
}

// The same answer to several agents is one sample.
void RunControl::RecordErrors(const v1::StageDone& end, uint32_t agent) {
  for (const v1::ErrorSample& sample : end.errors()) {
    const auto same = [&](const v1::ErrorSample& known) {
      return known.phase() == sample.phase() && known.operation() == sample.operation() &&
             known.verdict() == sample.verdict() && known.detail() == sample.detail();
    };
    auto* errors = leg().mutable_errors();
    const auto known = std::find_if(errors->begin(), errors->end(), same);
    if (known != errors->end()) {
      known->set_count(known->count() + sample.count());
    } else {
      *errors->Add() = sample;
      errors->rbegin()->set_agent(agent);
    }
  }
}

// A load lasts until its last answer; warm-up and measure as long as planned, unless stopped.
void RunControl::RecordSpans() {
  int64_t elapsed_ns = 0;
  for (const v1::StageDone& end : stage_ends_) elapsed_ns = std::max(elapsed_ns, end.elapsed_ns());
  // Agents that were lost cannot tell.
  if (elapsed_ns == 0) elapsed_ns = seconds_merged_ * kNsPerSecond;
  const auto add = [this](v1::Phase phase, int64_t from_ns, int64_t duration_ns) {
    v1::PhaseSpan* span = leg().add_spans();
    span->set_phase(phase);
    span->set_first_second(static_cast<uint32_t>(from_ns / kNsPerSecond));
    span->set_duration_ns(duration_ns);
  };
  if (step().task == v1::TASK_LOAD) return add(v1::PHASE_LOAD, 0, elapsed_ns);
  const int64_t warm_up_ns = scenario().phases().warm_up().ns();
  int64_t measure_ns = scenario().phases().measure().ns();
  if (run_over_) measure_ns = std::clamp<int64_t>(elapsed_ns - warm_up_ns, 0, measure_ns);
  if (warm_up_ns > 0) add(v1::PHASE_WARM_UP, 0, warm_up_ns);
  add(v1::PHASE_MEASURE, warm_up_ns, measure_ns);
}

void RunControl::ConcludeLeg() {
  JudgeLeg(run_.campaign(), &leg());
  judged_.insert(step().leg);
  port_.RunChanged(run_);
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

// What runs is ended and kept; what has not begun is left out.
void RunControl::StopAgents(const std::string& reason, int64_t now_ns) {
  if (run_over_) return;
  run_over_ = true;
  for (size_t i = step_; i < program_.steps.size(); ++i) {
    const Step& rest = program_.steps[i];
    v1::Leg* left_out = run_.mutable_legs(static_cast<int>(rest.leg));
    const bool begun = merge_ != nullptr && rest.leg == step().leg;
    const char* words =
        begun || left_out->results_size() > 0 ? "not run to its end: " : "not run: ";
    if (left_out->failure().empty()) left_out->set_failure(absl::StrCat(words, reason));
  }
  if (merge_ == nullptr) return Finish(now_ns);
  v1::CoordinatorMessage message;
  message.mutable_stop()->set_reason(reason);
  for (uint32_t agent = 0; agent < agents_.size(); ++agent) SendTo(agent, message);
  state_ = State::kStopping;
  stop_deadline_ns_ = now_ns + settings_.stop_timeout_ns;
  EndStageIfDone(now_ns);
}

void RunControl::OnDisconnected(ConnectionId connection, int64_t now_ns) {
  const uint32_t agent = AgentOf(connection);
  if (agent == kNobody || agents_[agent].gone || state_ == State::kFinished) return;
  LoseAgent(agent, "its connection broke", now_ns);
}

// R43: a run that lost an agent did not carry out its plan. Its numbers are kept and marked
// INVALID.
void RunControl::LoseAgent(uint32_t agent, const std::string& why, int64_t now_ns) {
  agents_[agent].gone = true;
  awaited_.erase(agent);
  const std::string reason = absl::StrCat(NameOf(agent), " was lost: ", why);
  if (merge_ != nullptr) {
    if (run_over_) AddReason(v1::VALIDITY_INVALID, reason, leg().mutable_verdict());
    merge_->Lose(agent, seconds_merged_,
                 [this](const MergedSecond& second) { ShowSecond(second); });
  }
  if (run_over_) return EndStageIfDone(now_ns);
  Abort(reason, now_ns);
}

void RunControl::OnTick(int64_t now_ns) {
  if (state_ == State::kFinished) return;
  if (state_ == State::kJoining && now_ns - started_ns_ > settings_.join_timeout_ns) {
    return Abort(
        absl::StrCat("only ", agents_.size(), " of ", settings_.agents, " agents joined in time"),
        now_ns);
  }
  for (uint32_t i = 0; i < agents_.size() && state_ != State::kFinished; ++i) {
    if (agents_[i].gone) continue;
    if (now_ns - agents_[i].heard_ns > settings_.lease_ns) {
      LoseAgent(i, "no word from it within the lease", now_ns);
    } else if (now_ns - agents_[i].pinged_ns > kPingPeriodNs) {
      Ping(i, now_ns);
    }
  }
  if (state_ == State::kStopping && now_ns > stop_deadline_ns_) {
    while (!merge_->done()) {
      merge_->Lose(merge_->unfinished(), seconds_merged_,
                   [this](const MergedSecond& second) { ShowSecond(second); });
    }
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
  for (uint32_t agent = 0; agent < agents_.size(); ++agent) SendTo(agent, message);
  state_ = State::kFinished;
  port_.RunChanged(run_);
  port_.Finished();
}

// ------------------------------------------------------------------------------------ agents

void RunControl::SendTo(uint32_t agent, const v1::CoordinatorMessage& message) {
  if (!agents_[agent].gone) port_.Send(agents_[agent].connection, message);
}

int64_t RunControl::WorstRoundTripNs() const {
  int64_t worst = 0;
  for (const Agent& agent : agents_) worst = std::max(worst, agent.clock.round_trip_ns());
  return worst;
}

uint32_t RunControl::AgentOf(ConnectionId connection) const {
  for (uint32_t i = 0; i < agents_.size(); ++i) {
    if (agents_[i].connection == connection) return i;
  }
  return kNobody;
}

std::string RunControl::NameOf(uint32_t agent) const {
  return absl::StrCat("agent ", run_.agents(static_cast<int>(agent)).name());
}

}  // namespace weir
