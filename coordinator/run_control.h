// Carries a run from the first agent's greeting to the merged result: a state machine without I/O.
// It is told what arrives and what time it is, and says through RunPort what is to happen, so that
// the same code runs in production and in simulation. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/bundle_view.h"
#include "coordinator/parting.h"
#include "coordinator/report_view.h"
#include "coordinator/roster.h"
#include "coordinator/run_course.h"
#include "coordinator/run_port.h"
#include "coordinator/stage_run.h"
#include "coordinator/step_answers.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"
#include "reports/cost_terms.h"

namespace weir {

struct RunControlSettings {
  uint32_t agents = 1;       // 0: as many as join
  bool local_agents = true;  // all on this machine
  int64_t join_timeout_ns = 120'000'000'000;
  // Where their number is open: it is settled when none has joined for so long.
  int64_t join_window_ns = 10'000'000'000;
  int64_t lease_ns = kDefaultLeaseNs;
  int64_t stop_timeout_ns = 3'000'000'000;  // for agents to end after Stop
  bool override_gates = false;  // gates that fail do not make the run INVALID, it is UNVERIFIED
  int64_t max_start_skew_ns = 10'000'000;
  bool prove_headroom = false;  // before anything is created: see TASK_PROVE
  // An agent that is lost while a scenario is driven does not end the drive, as long as so many are
  // left: it goes on without the agent's share and is PARTIAL (R43). What would come after it is
  // left out. 0: any loss ends the run.
  uint32_t min_agents = 0;
  JoinToken join_token;  // none: who can reach us may join
  // What agents and coordinator say goes over the network in plain text: every report says so.
  bool plain_over_network = false;
  std::vector<RuWorth> running_costs;  // by target, for a budget of money; empty: not counted
  std::set<std::string> droppable;     // targets whose records the user has confirmed to go
};

class RunControl {
 public:
  // `run` holds id, campaign, text, version and start time.
  RunControl(const RunControlSettings& settings, v1::RunResult run, RunPort& port);

  void Start(int64_t now_ns);
  void OnMessage(ConnectionId connection, const v1::AgentMessage& message, int64_t now_ns);
  // An AgentMessage in its wire format: a report is read where it lies. What cannot be read ends
  // the part of the agent that sent it.
  void OnBytes(ConnectionId connection, std::string_view message, int64_t now_ns);
  // Reports that a relay has merged: of several connections, none of them of its own.
  void OnBundle(const BundleView& bundle, int64_t now_ns);
  void OnDisconnected(ConnectionId connection, int64_t now_ns);
  void OnTick(int64_t now_ns);  // about every 50 ms
  void Interrupt(int64_t now_ns);
  void Abort(const std::string& reason, int64_t now_ns);
  // The process of this agent has ended: nobody will come back.
  void OnAgentEnded(const std::string& name, const std::string& why, int64_t now_ns);

  bool finished() const { return state_ == State::kFinished; }
  const v1::RunResult& result() const { return run_; }
  // A target could not be reached, or refused us; the run ended for it before any load.
  bool target_unreachable() const { return target_unreachable_; }
  bool agents_missing() const { return agents_missing_; }  // not all joined; nothing was touched
  bool agent_lost() const { return agent_lost_; }          // and the run ended for it

 private:
  // Parting: the result is final and saved; agents are told until they have heard.
  enum class State { kJoining, kAsking, kStage, kParting, kFinished };

  const Step& step() const { return course_.step(); }
  v1::Leg& leg() { return course_.leg(); }
  std::vector<uint32_t> Scoped(Scope scope) const;

  void OnPong(uint32_t agent, const v1::Pong& pong, int64_t now_ns);
  void OnPrepared(uint32_t agent, const v1::Prepared& prepared, int64_t now_ns);
  void OnReport(uint32_t agent, const ReportView& report, int64_t now_ns);
  void OnStageMessage(uint32_t agent, const v1::AgentMessage& message, int64_t now_ns);
  void OnFarewell(uint32_t agent, int64_t now_ns);

  bool Keep(v1::JournalRecord record, int64_t now_ns);
  void KeepState(const std::string& reason, int64_t now_ns);
  void BeginStep(int64_t now_ns);
  void AskAwaited(int64_t now_ns);
  void AllPrepared(int64_t now_ns);
  void Reached(int64_t now_ns);
  void RefuseUnfairRanking(int64_t now_ns);
  void NextStep(int64_t now_ns);
  void FailLeg(const std::string& reason, int64_t now_ns);
  void BeginStage(int64_t now_ns);
  void LookAtStage(int64_t now_ns);
  void EndStage(int64_t now_ns);
  void TakeHeadroom(const v1::Headroom& headroom, int64_t now_ns);
  void ConcludeLeg(int64_t now_ns);
  void StopAgents(const std::string& reason, int64_t now_ns);
  void LoseAgent(uint32_t agent, const std::string& why, int64_t now_ns);
  bool Tolerates(uint32_t agent) const;
  void LookAtJoining(int64_t now_ns);
  void BeginSteps(int64_t now_ns);
  void StopForBudget(const std::string& reason, int64_t now_ns);
  void Finish(int64_t now_ns);
  void Part(int64_t now_ns);
  bool over() const { return state_ == State::kParting || state_ == State::kFinished; }

  const RunControlSettings settings_;
  RunPort& port_;
  v1::RunResult run_;
  RunCourse course_;
  Roster roster_;
  State state_ = State::kJoining;
  int64_t started_ns_ = 0;

  std::optional<StepAnswers> answers_;  // of the step in hand
  int64_t asked_ns_ = 0;                // when Prepare was last sent
  std::unique_ptr<StageRun> stage_;     // null when none is under way
  ReportView report_;                   // the one in hand
  Slope backlog_;                       // of the leg's drive
  v1::Leg aside_;                       // what a proof of headroom or a canary is recorded in
  std::optional<Parting> parting_;      // once the result is final
  std::set<uint32_t> judged_;           // legs
  std::string tolerated_;               // which agent was lost, and the drive went on
  bool run_over_ = false;               // stop after the stage in hand
  std::string not_reached_;             // the targets with what was said of each
  bool target_unreachable_ = false;
  bool agents_missing_ = false;
  bool agent_lost_ = false;
};

}  // namespace weir
