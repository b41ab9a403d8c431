// A machine with a relay on it: RelayControl as in production, with a simulated clock and streams
// behind its port. The process may end and be started again. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "simulation/event_heap.h"
#include "simulation/network.h"
#include "simulation/process.h"
#include "simulation/sim_clock.h"
#include "simulation/trace.h"

#include "coordinator/relay/relay_control.h"

namespace weir {

class RelayNode final : public RelayPort {
 public:
  RelayNode(uint32_t node, EventHeap& heap, Network& network, Trace& trace, const SimClock& clock)
      : node_(node), heap_(heap), network_(network), trace_(trace), clock_(clock), lane_(heap) {}

  void Boot();
  void Crash(bool machine);
  void Pause(int64_t length_ns) { lane_.Pause(length_ns); }
  void Resume() { lane_.Resume(); }

  void FromAgent(StreamId stream, std::shared_ptr<const v1::AgentMessage> message);
  void AgentGone(StreamId stream);
  void FromCoordinator(StreamId stream, std::shared_ptr<const v1::CoordinatorMessage> message);
  void Broken(StreamId stream);  // to the coordinator

  bool running() const { return control_ != nullptr; }
  std::optional<AgentExit> exit() const { return exit_; }
  uint32_t node() const { return node_; }
  StreamId stream() const { return stream_; }  // to the coordinator; 0: none

  // RelayPort.
  void SendUp(const v1::AgentMessage& message) override;
  void SendDown(ConnectionId agent, const v1::CoordinatorMessage& message) override;
  void EndDown(ConnectionId agent) override;
  void Redial() override;
  void Say(const std::string& line) override;
  void Quit(AgentExit exit, const std::string& reason) override;

 private:
  int64_t Now() const { return clock_.Read(heap_.now_ns()); }
  void Post(EventHeap::Action action);
  void Dial();
  void Tick();
  void End(bool agents_learn);

  const uint32_t node_;
  EventHeap& heap_;
  Network& network_;
  Trace& trace_;
  SimClock clock_;
  SimProcess lane_;
  std::unique_ptr<RelayControl> control_;  // null: no process
  StreamId stream_ = 0;
  std::optional<AgentExit> exit_;  // of the last process
};

}  // namespace weir
