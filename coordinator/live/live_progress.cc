#include "coordinator/live/live_progress.h"

#include <algorithm>

#include "base/clock.h"
#include "reports/probe_scenario.h"

namespace weir {
namespace {

const v1::Scenario* ScenarioNamed(const v1::Campaign& campaign, const std::string& name) {
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    if (scenario.name() == name) return &scenario;
  }
  return nullptr;
}

int64_t DriveNs(const v1::Scenario& scenario) {
  return scenario.phases().warm_up().ns() + scenario.phases().measure().ns();
}

}  // namespace

std::optional<v1::Scenario> ScenarioDriven(const v1::Campaign& campaign, const v1::Leg& leg) {
  const v1::Scenario* scenario = ScenarioNamed(campaign, leg.scenario());
  if (scenario == nullptr) return std::nullopt;
  if (!leg.has_probe()) return *scenario;
  return ProbeScenario(campaign.capacity(), *scenario, leg.probe(), /*loads=*/true);
}

void LiveProgress::Begin(const v1::Campaign& campaign, const v1::Leg& leg, v1::Phase stage,
                         uint64_t planned) {
  running_ = true;
  stage_ = stage;
  scenario_ = leg.scenario();
  target_ = leg.target();
  planned_ = planned;
  settled_ = 0;
  seconds_ = 0;
  length_ns_ = 0;
  warm_up_ns_ = 0;
  const std::optional<v1::Scenario> scenario = ScenarioDriven(campaign, leg);
  drive_ns_ = scenario ? DriveNs(*scenario) : 0;
  if (stage == v1::PHASE_LOAD || !scenario) return;
  length_ns_ = drive_ns_;
  warm_up_ns_ = scenario->phases().warm_up().ns();
}

void LiveProgress::Second(uint32_t second, uint64_t settled) {
  seconds_ = second + 1;
  settled_ += settled;
}

void LiveProgress::End() {
  if (running_ && stage_ == v1::PHASE_LOAD) load_seconds_[{scenario_, target_}] = seconds_;
  running_ = false;
}

bool LiveProgress::Overtime() const {
  return length_ns_ > 0 && seconds_ > (length_ns_ + kNsPerSecond - 1) / kNsPerSecond;
}

double LiveProgress::Share() const {
  const double whole =
      length_ns_ > 0 ? static_cast<double>(length_ns_) : static_cast<double>(planned_);
  const double done = length_ns_ > 0 ? 1e9 * seconds_ : static_cast<double>(settled_);
  return whole > 0 ? std::min(1.0, done / whole) : 0;
}

TimeLeft LiveProgress::OfStage() const {
  if (!running_) return {};
  if (length_ns_ > 0) {
    return {std::max<int64_t>(0, length_ns_ - int64_t{seconds_} * kNsPerSecond), false};
  }
  if (settled_ == 0 || planned_ == 0) return {0, true};
  const double per_operation_ns = 1e9 * seconds_ / static_cast<double>(settled_);
  const auto left = static_cast<double>(planned_ - std::min(planned_, settled_));
  return {static_cast<int64_t>(left * per_operation_ns), false};
}

TimeLeft LiveProgress::OfLeg() const {
  TimeLeft left = OfStage();
  if (running_ && stage_ == v1::PHASE_LOAD) left.ns += drive_ns_;
  return left;
}

TimeLeft LiveProgress::LengthOf(const v1::Campaign& campaign, const std::string& name,
                                const std::string& target, bool loaded) const {
  const v1::Scenario* scenario = ScenarioNamed(campaign, name);
  if (scenario == nullptr) return {0, true};
  TimeLeft length{DriveNs(*scenario), false};
  if (loaded) return length;
  // A leg that only loads has no canary.
  const bool measures = scenario->phases().measure().ns() > 0;
  if (campaign.has_compare() && measures) length.ns += campaign.compare().canary().ns();
  if (!scenario->phases().has_load()) return length;
  const auto load = load_seconds_.find({name, target});
  if (load == load_seconds_.end()) return {length.ns, true};
  length.ns += int64_t{load->second} * kNsPerSecond;
  return length;
}

}  // namespace weir
