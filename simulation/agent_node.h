// A machine with an agent on it: AgentControl as in production, with a simulated clock, disk,
// stream and stage behind its port. The process may end and be started again; clock and disk stay.
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulation/dice.h"
#include "simulation/event_heap.h"
#include "simulation/network.h"
#include "simulation/oracle.h"
#include "simulation/process.h"
#include "simulation/sim_clock.h"
#include "simulation/sim_disk.h"
#include "simulation/simulated_stage.h"
#include "simulation/trace.h"

#include "agent/agent_control.h"
#include "agent/spool.h"

namespace weir {

// How long things take on an agent, and what goes wrong by itself.
struct AgentMood {
  int64_t longest_task_ns = 300'000'000;
  double task_fails = 0;
  int64_t slow_event_ns = 0;  // each event of the control thread takes up to this long
  double ends_by_itself = 0;  // a task kills the process
};

class AgentNode final : public AgentPort {
 public:
  AgentNode(uint32_t node, EventHeap& heap, Network& network, Trace& trace, Oracle& oracle,
            const SimClock& clock, uint64_t seed);

  void Boot();  // starts the process
  void Crash(bool machine);
  void Pause(int64_t length_ns);         // everything: SIGSTOP
  void PauseControl(int64_t length_ns);  // the control thread only
  void Resume();
  void Terminate();  // SIGTERM
  void StepClock(int64_t by_ns) { clock_.Step(by_ns); }

  void Arrived(StreamId stream, std::shared_ptr<const v1::CoordinatorMessage> message);
  void Broken(StreamId stream);

  bool running() const { return control_ != nullptr; }
  std::optional<AgentExit> exit() const { return exit_; }
  StreamId stream() const { return stream_; }
  const SimClock& clock() const { return clock_; }
  SimDisk& disk() { return disk_; }

  std::vector<uint32_t> servers{kCoordinator};  // whom it dials, in turn
  std::optional<uint32_t> given_index;          // that its platform gives to each of its processes
  std::function<void()> on_ended;  // the process; when somebody on the machine waits for it
  AgentMood mood;
  DatabaseMood database;

  // AgentPort.
  void Send(const v1::AgentMessage& message) override;
  void Redial() override;
  void StartTask(const v1::Prepare& prepare) override;
  void StartStage(int64_t start_ns) override;
  void ExtendLease(int64_t until_ns) override;
  void StopStage() override;
  void ChangeThroughput(const v1::ChangeThroughput& change) override;
  void Quit(AgentExit exit, const std::string& reason) override;

 private:
  int64_t Now() const { return clock_.Read(heap_.now_ns()); }
  void Post(EventHeap::Action action);  // to the control thread, now
  void Dial();
  void Tick();
  void LookAtClock();
  void CarryOut(const v1::Prepare& prepare);
  void End();

  const uint32_t node_;
  EventHeap& heap_;
  Network& network_;
  Trace& trace_;
  Oracle& oracle_;
  SimClock clock_;
  SimDisk disk_;
  Dice dice_;
  SimProcess control_lane_;
  SimProcess worker_lane_;
  uint32_t incarnations_ = 0;
  size_t dials_ = 0;
  std::unique_ptr<Spool> spool_;           // outlives the control
  std::unique_ptr<AgentControl> control_;  // null: no process
  std::unique_ptr<SimulatedStage> stage_;
  std::vector<std::unique_ptr<SimulatedStage>> past_stages_;  // of this process
  std::optional<AgentExit> exit_;                             // of the last process
  SimulatedStage* running_ = nullptr;                         // from its start to its end
  int64_t lease_until_ns_ = 0;
  bool connected_ = false;  // once
  int64_t give_up_ns_ = 0;  // dialling, before that
  StreamId stream_ = 0;
};

}  // namespace weir
