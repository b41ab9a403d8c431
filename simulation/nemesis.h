// Decides from the seed what goes wrong in a world and when, and heals it again. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "simulation/agent_node.h"
#include "simulation/coordinator_node.h"
#include "simulation/dice.h"
#include "simulation/event_heap.h"
#include "simulation/network.h"
#include "simulation/oracle.h"
#include "simulation/relay_node.h"

namespace weir {

class Nemesis {
 public:
  Nemesis(uint64_t seed, EventHeap& heap, Network& network, Oracle& oracle, Trace& trace,
          std::vector<std::unique_ptr<AgentNode>>& agents,
          std::vector<std::unique_ptr<RelayNode>>& relays, CoordinatorNode& coordinator)
      : dice_(seed, "nemesis"),
        heap_(heap),
        network_(network),
        oracle_(oracle),
        trace_(trace),
        agents_(agents),
        relays_(relays),
        relay_dice_(seed, "nemesis of relays"),
        coordinator_(coordinator) {}

  // Each kind of fault is part of some worlds only, so that no kind hides another.
  void Unleash(int64_t until_ns);
  void HealAll();
  void AfterEvent();  // crashes that hit one event, wherever it is

  bool crashed_coordinator() const { return crashed_coordinator_; }

 private:
  using Strike = void (Nemesis::*)();

  void SpoilNetwork();
  void SpoilMoods();
  void Plan(Strike strike, int most, int64_t until_ns);
  AgentNode& SomeAgent() { return *agents_[SomeNode()]; }
  uint32_t SomeNode() { return static_cast<uint32_t>(dice_.Below(agents_.size())); }
  void Note(absl::string_view what);

  void CutOff();
  void BreakStream();
  void FreezeAgent();
  void StallControl();
  void CrashAgent();
  void TerminateAgent();
  void StepClock();
  void FreezeCoordinator();
  void CrashCoordinator();
  void InterruptRun();
  void FillDisk();
  void TroubleRelays(int64_t until_ns);
  void SpoilRelayStreams();
  void CrashRelay();
  void CutOffRelay();
  void BreakRelayStream();
  void FreezeRelay();
  RelayNode& SomeRelay() { return *relays_[relay_dice_.Below(relays_.size())]; }

  Dice dice_;
  EventHeap& heap_;
  Network& network_;
  Oracle& oracle_;
  Trace& trace_;
  std::vector<std::unique_ptr<AgentNode>>& agents_;
  std::vector<std::unique_ptr<RelayNode>>& relays_;
  Dice relay_dice_;  // of its own: a world with relays is otherwise the one without
  CoordinatorNode& coordinator_;
  uint64_t crash_after_events_ = 0;  // the coordinator; 0: not so
  bool healed_ = false;
  bool crashed_coordinator_ = false;
};

}  // namespace weir
