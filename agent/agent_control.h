// What an agent does when: a state machine without I/O. It is told what arrives and what time it
// is, and says through AgentPort what is to happen, so that the same code runs in production and in
// simulation. One thread.
//
// Messages may be lost, late and repeated (docs/adr/0008): what was answered is answered the same
// again, nothing is done twice, and what waits for an answer is repeated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "control/agent_exit.h"

#include "agent/spool.h"
#include "proto/control.pb.h"

namespace weir {

// Called on the thread of AgentControl. Nothing comes back from inside but through later calls.
class AgentPort {
 public:
  virtual ~AgentPort() = default;
  virtual void Send(const v1::AgentMessage& message) = 0;  // dropped while there is no stream
  // The stream is broken or silent: give it up and open another. Answer: OnConnected.
  virtual void Redial() = 0;
  virtual void StartTask(const v1::Prepare& prepare) = 0;  // answer: OnTaskDone
  virtual void StartStage(int64_t start_ns) = 0;           // answers: OnInterval …, OnStageDone
  // The stage starts no operation at or after `until_ns`, whether it is told to stop or not (R40).
  // Comes before StartStage, and again whenever the lease changes.
  virtual void ExtendLease(int64_t until_ns) = 0;
  virtual void StopStage() = 0;  // no-op when none runs
  // Of the target that is driven. Answers: OnThroughputChanged, pending ones and a last one.
  virtual void ChangeThroughput(const v1::ChangeThroughput& change) = 0;
  virtual void Quit(AgentExit exit, const std::string& reason) = 0;
};

class AgentControl {
 public:
  // The spool is this agent's alone and outlives it.
  AgentControl(v1::Hello hello, AgentPort& port, Spool& spool)
      : hello_(std::move(hello)), port_(port), spool_(spool) {}

  void OnConnected(int64_t now_ns);
  void OnMessage(const v1::CoordinatorMessage& message, int64_t now_ns);  // the time of arrival
  void OnDisconnected();
  void OnRefused(const std::string& why);  // by the other end's identity, or ours
  void OnTerminate();                      // SIGTERM
  void OnTick(int64_t now_ns);             // about every 100 ms

  void OnTaskDone(const v1::Prepared& prepared);
  void OnInterval(v1::Interval interval);
  void OnStageDone(v1::StageDone done);
  void OnThroughputChanged(const v1::ThroughputChanged& changed);

  const v1::Welcome& welcome() const { return welcome_; }

 private:
  enum class State : uint8_t {
    kIdle,      // no step yet
    kBusy,      // a task is being carried out
    kPrepared,  // and answered
    kArmed,     // knows the start, waits for Go
    kRunning,
    kEnded,  // StageDone was sent
  };

  void OnWelcome(const v1::Welcome& welcome);
  void OnPing(const v1::Ping& ping, int64_t now_ns);
  void OnPrepare(const v1::Prepare& prepare);
  void OnArm(const v1::Arm& arm);
  void OnGo(const v1::Go& go, int64_t now_ns);
  void OnDisarm(const v1::Disarm& disarm);
  void OnStop();
  void OnAcknowledge(const v1::Acknowledge& acknowledge);
  void OnResend(uint64_t first, uint64_t last);
  void SendWaiting();
  void SendSpooled(uint64_t sequence);
  void OnChangeThroughput(const v1::ChangeThroughput& change);
  void OnGoodbye(const v1::Goodbye& goodbye);

  void SayHello();
  v1::SpoolHead SpoolHead() const;
  void SendPrepared();
  void SendEnd();
  void EndWithoutStart();
  void LookAtClock(int64_t now_ns);
  void WatchLease();
  void WatchSilence();
  void Repeat();
  bool welcomed() const { return welcome_.has_lease(); }
  void SayWhyLost();
  void Leave(AgentExit exit, const std::string& reason);

  v1::Hello hello_;
  AgentPort& port_;
  Spool& spool_;
  v1::Welcome welcome_;
  int64_t now_ns_ = 0;    // as last told
  int64_t heard_ns_ = 0;  // when the coordinator was last heard
  int64_t hello_ns_ = 0;
  int64_t lease_end_ns_ = INT64_MIN;
  // When the two ends last knew of each other: from there the lease runs, or the stream is.
  int64_t known_ns_ = 0;
  bool heard_ = false;  // or connected, at least
  bool away_ = false;   // the stream is broken, or given up

  State state_ = State::kIdle;
  v1::Prepare prepare_;  // the step in hand
  std::optional<v1::Prepared> prepared_;
  uint32_t attempt_ = 0;  // the latest Arm or Disarm
  int64_t start_ns_ = 0;
  bool stopping_ = false;    // the stage has been told to stop
  std::string stage_error_;  // why, when that was not the coordinator's wish
  uint64_t sequence_ = 0;    // of the last interval of the stage
  uint64_t sent_ = 0;        // all up to here have been sent, once at least
  uint64_t kept_ = 0;        // and up to here the coordinator has them
  int64_t waiting_ns_ = 0;  // since then something has been sent without any acknowledgement; 0: no
  std::optional<v1::StageDone> end_;  // until it is acknowledged
  uint32_t change_ = 0;               // of the throughput: the latest that was asked for
  std::optional<v1::ThroughputChanged> changed_;  // the latest answer to it

  bool leaving_ = false;
  AgentExit exit_ = AgentExit::kFinished;
  std::string leave_reason_;
};

}  // namespace weir
