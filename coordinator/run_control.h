// Carries a run from the first agent's greeting to the merged result: a state machine without I/O.
// It is told what arrives and what time it is, and says through RunPort what is to happen, so that
// the same code runs in production and in simulation. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "coordinator/clock_offset.h"
#include "coordinator/run_program.h"
#include "coordinator/stage_merge.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

using ConnectionId = uint64_t;

class RunPort {
 public:
  virtual ~RunPort() = default;
  virtual void Send(ConnectionId connection, const v1::CoordinatorMessage& message) = 0;
  virtual void RunChanged(const v1::RunResult& run) = 0;  // worth saving
  virtual void StageBegins(const v1::Leg& leg, v1::Phase stage, uint64_t planned_operations) = 0;
  virtual void SecondMerged(const v1::Leg& leg, v1::Phase stage, const MergedSecond& second) = 0;
  virtual void Say(const std::string& line) = 0;  // one line for the user
  virtual void Finished() = 0;                    // the run is over; result() is final
};

struct RunControlSettings {
  uint32_t agents = 1;
  bool local_agents = true;  // all on this machine
  int64_t join_timeout_ns = 120'000'000'000;
  int64_t lease_ns = 5'000'000'000;
  int64_t stop_timeout_ns = 3'000'000'000;  // for agents to end after Stop
};

class RunControl {
 public:
  // `run` holds id, campaign, text, version and start time.
  RunControl(const RunControlSettings& settings, v1::RunResult run, RunPort& port);

  void Start(int64_t now_ns);
  void OnMessage(ConnectionId connection, const v1::AgentMessage& message, int64_t now_ns);
  void OnDisconnected(ConnectionId connection, int64_t now_ns);
  void OnTick(int64_t now_ns);  // about every 50 ms
  void Interrupt(int64_t now_ns);
  void Abort(const std::string& reason, int64_t now_ns);

  bool finished() const { return state_ == State::kFinished; }
  const v1::RunResult& result() const { return run_; }
  // The target of the first leg that could not be reached; the run ended for it before any load.
  bool target_unreachable() const { return target_unreachable_; }

 private:
  enum class State { kJoining, kAsking, kArming, kRunning, kStopping, kFinished };

  struct Agent {
    ConnectionId connection = 0;
    bool gone = false;
    ClockOffset clock;
    uint64_t pings = 0;
    int64_t pinged_ns = 0;
    int64_t heard_ns = 0;
  };

  const Step& step() const { return program_.steps[step_]; }
  v1::Leg& leg() { return *run_.mutable_legs(static_cast<int>(step().leg)); }
  const v1::Scenario& scenario() const;
  std::vector<uint32_t> Scoped(Scope scope) const;
  v1::Phase StagePhase() const;

  void OnHello(ConnectionId connection, const v1::Hello& hello, int64_t now_ns);
  void OnPong(uint32_t agent, const v1::Pong& pong, int64_t now_ns);
  void OnPrepared(uint32_t agent, const v1::Prepared& prepared, int64_t now_ns);
  void OnArmed(uint32_t agent, const v1::Armed& armed);
  void OnInterval(uint32_t agent, const v1::IntervalReport& report, int64_t now_ns);
  void OnStageDone(uint32_t agent, const v1::StageDone& done, int64_t now_ns);

  void BeginIfComplete(int64_t now_ns);
  void BeginStep(int64_t now_ns);
  void AllPrepared(int64_t now_ns);
  void TakeAnswer(uint32_t agent, const v1::Prepared& prepared);
  void NextStep(int64_t now_ns);
  void FailLeg(const std::string& reason, int64_t now_ns);
  void ArmAll(int64_t now_ns);
  void EndStageIfDone(int64_t now_ns);
  void RecordStage();
  void RecordShares(const v1::StageDone& end, uint32_t agent);
  void RecordErrors(const v1::StageDone& end, uint32_t agent);
  void RecordSpans();
  void ConcludeLeg();
  void ShowSecond(const MergedSecond& second);
  void StopAgents(const std::string& reason, int64_t now_ns);
  void LoseAgent(uint32_t agent, const std::string& why, int64_t now_ns);
  void Finish(int64_t now_ns);

  void Ping(uint32_t agent, int64_t now_ns);
  void Refuse(ConnectionId connection, const std::string& reason);
  void SendTo(uint32_t agent, const v1::CoordinatorMessage& message);
  int64_t WorstRoundTripNs() const;
  uint32_t AgentOf(ConnectionId connection) const;
  std::string NameOf(uint32_t agent) const;

  const RunControlSettings settings_;
  RunPort& port_;
  v1::RunResult run_;
  RunProgram program_;
  State state_ = State::kJoining;
  int64_t started_ns_ = 0;

  std::vector<Agent> agents_;
  size_t step_ = 0;
  std::set<uint32_t> awaited_;  // agents whose answer the step waits for
  std::unique_ptr<StageMerge> merge_;
  int64_t stage_start_ns_ = 0;
  int64_t stop_deadline_ns_ = 0;
  std::vector<v1::Prepared> answers_;  // by agent
  std::string step_error_;             // the first that an agent answered
  bool step_unreachable_ = false;
  std::string plan_digest_;  // that the agents answered so far agree on
  uint64_t planned_operations_ = 0;
  std::vector<v1::StageDone> stage_ends_;
  uint32_t seconds_merged_ = 0;  // of the stage
  std::set<uint32_t> judged_;    // legs
  bool run_over_ = false;        // stop after the stage in hand
  bool target_unreachable_ = false;
};

}  // namespace weir
