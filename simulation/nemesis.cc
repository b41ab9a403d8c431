#include "simulation/nemesis.h"

#include <string>

#include "base/clock.h"

namespace weir {
namespace {

constexpr double kKindIsPartOfTheWorld = 0.25;
constexpr int64_t kEventsOfARun = 4000;
constexpr int64_t kLongestNs = 60 * kNsPerSecond;
constexpr int64_t kLongestTaskNs = 20 * kNsPerSecond;
constexpr int64_t kLongestFreezeNs = 30 * kNsPerSecond;

}  // namespace

void Nemesis::Note(absl::string_view what) {
  trace_.Note(heap_.now_ns(), "nemesis", 0, HashOf(what), [&] { return std::string(what); });
}

void Nemesis::Unleash(int64_t until_ns) {
  SpoilNetwork();
  SpoilMoods();
  const struct {
    Strike strike;
    int most;
  } kinds[] = {
      {&Nemesis::CutOff, 3},       {&Nemesis::BreakStream, 4},       {&Nemesis::FreezeAgent, 3},
      {&Nemesis::StallControl, 3}, {&Nemesis::CrashAgent, 2},        {&Nemesis::TerminateAgent, 1},
      {&Nemesis::StepClock, 2},    {&Nemesis::FreezeCoordinator, 2}, {&Nemesis::InterruptRun, 1},
      {&Nemesis::FillDisk, 2},
  };
  for (const auto& kind : kinds) {
    if (dice_.Chance(kKindIsPartOfTheWorld)) Plan(kind.strike, kind.most, until_ns);
  }
  if (!relays_.empty()) TroubleRelays(until_ns);
  if (dice_.Chance(0.1))
    crash_after_events_ = static_cast<uint64_t>(dice_.Between(1, kEventsOfARun));
  if (dice_.Chance(0.05)) {
    crashed_coordinator_ = true;
    coordinator_.CrashAfterAcknowledgement(static_cast<int>(dice_.Between(1, 20)));
  }
}

void Nemesis::AfterEvent() {
  if (crash_after_events_ != 0 && heap_.events() == crash_after_events_ && !healed_) {
    CrashCoordinator();
  }
}

void Nemesis::Plan(Strike strike, int most, int64_t until_ns) {
  for (int64_t left = dice_.Between(1, most); left > 0; --left) {
    heap_.At(dice_.Between(0, until_ns), [this, strike] {
      if (!healed_) (this->*strike)();
    });
  }
}

void Nemesis::SpoilNetwork() {
  NetworkFaults faults = network_.faults();
  const auto often = [this] { return static_cast<double>(dice_.Spread(1, 200)) / 1000; };
  if (dice_.Chance(kKindIsPartOfTheWorld)) faults.loss = often();
  if (dice_.Chance(kKindIsPartOfTheWorld)) faults.repeat = often();
  if (dice_.Chance(kKindIsPartOfTheWorld)) faults.overtake = often();
  if (dice_.Chance(kKindIsPartOfTheWorld)) faults.stall = often() / 4;
  faults.longest_stall_ns = dice_.Spread(100 * kNsPerMs, kLongestNs);
  network_.set_faults(faults);
}

void Nemesis::SpoilMoods() {
  for (const auto& agent : agents_) {
    if (dice_.Chance(0.1)) agent->mood.task_fails = 0.1;
    if (dice_.Chance(0.1)) agent->mood.longest_task_ns = kLongestTaskNs;
    if (dice_.Chance(0.1)) agent->mood.slow_event_ns = dice_.Spread(kNsPerMs, 500 * kNsPerMs);
    if (dice_.Chance(0.1))
      agent->disk().faults.sync_takes_ns = dice_.Spread(kNsPerMs, kNsPerSecond);
    if (dice_.Chance(0.05)) agent->disk().faults.sync_fails = 0.1;
    if (dice_.Chance(0.2)) agent->database.refusal = 0.2;
    if (dice_.Chance(0.2)) agent->database.throttle = 0.2;
    if (dice_.Chance(0.2)) agent->database.silence = 0.1;
    if (dice_.Chance(0.2)) agent->database.slowest_ns = dice_.Spread(kNsPerMs, 3 * kNsPerSecond);
  }
  DiskFaults& disk = coordinator_.disk().faults;
  if (dice_.Chance(0.1)) disk.sync_takes_ns = dice_.Spread(kNsPerMs, kNsPerSecond);
  if (dice_.Chance(0.05)) disk.sync_fails = 0.1;
}

void Nemesis::HealAll() {
  healed_ = true;
  Note("everything heals");
  network_.Heal();
  for (const auto& agent : agents_) {
    agent->mood = {};
    agent->database = {};
    agent->disk().faults = {};
    agent->Resume();
  }
  for (const auto& relay : relays_) {
    relay->Resume();
    if (!relay->running() && !coordinator_.over() && coordinator_.running()) relay->Boot();
  }
  coordinator_.disk().faults = {};
  coordinator_.Resume();
}

// ------------------------------------------------------------------------------------ the strikes

void Nemesis::CutOff() {
  const uint32_t node = SomeNode();
  const int64_t length_ns = dice_.Spread(10 * kNsPerMs, kLongestNs);
  const uint64_t which = dice_.Below(3);
  for (const Way way : {Way::kToAgent, Way::kToCoordinator}) {
    if (which != 2 && static_cast<uint64_t>(way) != which) continue;
    network_.Hold(node, way);
    heap_.After(length_ns, [this, node, way] { network_.Release(node, way); });
  }
}

void Nemesis::BreakStream() {
  const StreamId stream = SomeAgent().stream();
  if (stream != 0) network_.Break(stream, dice_.Chance(0.9), dice_.Chance(0.9));
}

void Nemesis::FreezeAgent() {
  Note("an agent freezes");
  SomeAgent().Pause(dice_.Spread(10 * kNsPerMs, kLongestFreezeNs));
}

void Nemesis::StallControl() {
  Note("an agent's control thread stalls");
  SomeAgent().PauseControl(dice_.Spread(10 * kNsPerMs, kLongestFreezeNs));
}

void Nemesis::CrashAgent() {
  const uint32_t node = SomeNode();
  agents_[node]->Crash(dice_.Chance(0.5));
  if (dice_.Chance(0.3)) return;
  heap_.After(dice_.Spread(10 * kNsPerMs, 10 * kNsPerSecond), [this, node] {
    if (!coordinator_.over()) agents_[node]->Boot();
  });
}

void Nemesis::TerminateAgent() {
  Note("an agent is told to terminate");
  SomeAgent().Terminate();
}

void Nemesis::StepClock() {
  const int64_t by_ns = dice_.Spread(kNsPerMs, 2 * kNsPerSecond) * (dice_.Chance(0.5) ? 1 : -1);
  oracle_.OnClockStep(by_ns);
  Note("a clock jumps");
  if (dice_.Chance(0.2)) return coordinator_.StepClock(by_ns);
  SomeAgent().StepClock(by_ns);
}

void Nemesis::FreezeCoordinator() {
  Note("the coordinator freezes");
  coordinator_.Pause(dice_.Spread(10 * kNsPerMs, kLongestFreezeNs));
}

void Nemesis::CrashCoordinator() {
  crashed_coordinator_ = true;
  coordinator_.Crash(dice_.Chance(0.5));
}

void Nemesis::InterruptRun() {
  Note("the user interrupts");
  coordinator_.Interrupt();
}

void Nemesis::FillDisk() {
  Note("a disk is full");
  SimDisk& disk = dice_.Chance(0.3) ? coordinator_.disk() : SomeAgent().disk();
  disk.faults.full = true;
  heap_.After(dice_.Spread(10 * kNsPerMs, kLongestNs), [&disk] { disk.faults.full = false; });
}

// ------------------------------------------------------------------------------------- relays

void Nemesis::TroubleRelays(int64_t until_ns) {
  SpoilRelayStreams();
  for (const Strike strike : {&Nemesis::CrashRelay, &Nemesis::CutOffRelay,
                              &Nemesis::BreakRelayStream, &Nemesis::FreezeRelay}) {
    if (!relay_dice_.Chance(kKindIsPartOfTheWorld)) continue;
    for (int64_t left = relay_dice_.Between(1, 3); left > 0; --left) {
      heap_.At(relay_dice_.Between(0, until_ns), [this, strike] {
        if (!healed_) (this->*strike)();
      });
    }
  }
}

// What carries many agents' reports in one message is lost, repeated and overtaken more often than
// others are, so that it happens while a stage runs.
void Nemesis::SpoilRelayStreams() {
  for (const auto& relay : relays_) {
    if (!relay_dice_.Chance(kKindIsPartOfTheWorld)) continue;
    NetworkFaults faults = network_.faults();
    if (relay_dice_.Chance(0.7)) faults.repeat = 0.5;
    if (relay_dice_.Chance(0.2)) faults.loss = 0.05;
    if (relay_dice_.Chance(0.2)) faults.overtake = 0.05;
    network_.set_faults(relay->node(), faults);
  }
}

void Nemesis::CrashRelay() {
  RelayNode& relay = SomeRelay();
  relay.Crash(relay_dice_.Chance(0.5));
  if (relay_dice_.Chance(0.3)) return;
  heap_.After(relay_dice_.Spread(10 * kNsPerMs, 10 * kNsPerSecond), [this, &relay] {
    if (!coordinator_.over() && coordinator_.running()) relay.Boot();
  });
}

void Nemesis::CutOffRelay() {
  const uint32_t node = SomeRelay().node();
  const int64_t length_ns = relay_dice_.Spread(10 * kNsPerMs, kLongestNs);
  const Way way = relay_dice_.Chance(0.5) ? Way::kToAgent : Way::kToCoordinator;
  network_.Hold(node, way);
  heap_.After(length_ns, [this, node, way] { network_.Release(node, way); });
}

void Nemesis::BreakRelayStream() {
  const StreamId stream = SomeRelay().stream();
  if (stream != 0) network_.Break(stream, relay_dice_.Chance(0.9), relay_dice_.Chance(0.9));
}

void Nemesis::FreezeRelay() {
  Note("a relay freezes");
  SomeRelay().Pause(relay_dice_.Spread(10 * kNsPerMs, kLongestFreezeNs));
}

}  // namespace weir
