// What an agent does when: a state machine without I/O. It is told what arrives and what time it
// is, and says through AgentPort what is to happen, so that the same code runs in production and in
// simulation. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "proto/control.pb.h"

namespace weir {

inline constexpr uint32_t kControlProtocol = 1;

// How an agent's process ends.
enum class AgentExit : int {
  kFinished = 0,  // the coordinator said goodbye
  kFailed = 1,    // the agent itself could not go on
  kRefused = 64,  // the coordinator refused us: another protocol, a full run
  kLostCoordinator = 75,
  kStopped = 143,  // SIGTERM: never 0, an evicted agent has not finished
};

class AgentPort {
 public:
  virtual ~AgentPort() = default;
  virtual void Send(const v1::AgentMessage& message) = 0;
  virtual void StartTask(const v1::Prepare& prepare) = 0;  // answer: OnTaskDone
  virtual void StartStage(int64_t start_ns) = 0;           // answers: OnInterval …, OnStageDone
  virtual void StopStage() = 0;                            // no-op when none runs
  virtual void Quit(AgentExit exit, const std::string& reason) = 0;
};

class AgentControl {
 public:
  AgentControl(v1::Hello hello, AgentPort& port) : hello_(std::move(hello)), port_(port) {}

  void OnConnected(int64_t now_ns);
  void OnMessage(const v1::CoordinatorMessage& message, int64_t now_ns);
  void OnDisconnected();
  void OnTerminate();           // SIGTERM
  void OnTick(int64_t now_ns);  // about every 100 ms

  void OnTaskDone(const v1::Prepared& prepared);
  void OnInterval(v1::Interval interval);
  void OnStageDone(v1::StageDone done);

  const v1::Welcome& welcome() const { return welcome_; }

 private:
  void Leave(AgentExit exit, const std::string& reason);

  const v1::Hello hello_;
  AgentPort& port_;
  v1::Welcome welcome_;
  v1::Prepare prepare_;   // the task in hand
  bool driving_ = false;  // a stage is armed or running
  bool leaving_ = false;
  AgentExit exit_ = AgentExit::kFinished;
  std::string leave_reason_;
  uint64_t sequence_ = 0;  // of the last interval sent
  int64_t heard_ns_ = 0;   // when the coordinator was last heard
};

}  // namespace weir
