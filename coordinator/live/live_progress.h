// How far a stage and a run have come, and how long they may still take. Pure; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "proto/results.pb.h"

namespace weir {

// An estimate of time; `at_least` where a part of it cannot be known yet.
struct TimeLeft {
  int64_t ns = 0;
  bool at_least = false;
};

// What the leg drives: the campaign's scenario, or as its probe has it. Nothing where the campaign
// has no such scenario.
std::optional<v1::Scenario> ScenarioDriven(const v1::Campaign& campaign, const v1::Leg& leg);

class LiveProgress {
 public:
  void Begin(const v1::Campaign& campaign, const v1::Leg& leg, v1::Phase stage, uint64_t planned);
  // Second `second` of the stage is over, in which so many operations ended.
  void Second(uint32_t second, uint64_t settled);
  // The stage is over; what a load took is what the next load of the scenario will take.
  void End();

  bool running() const { return running_; }
  v1::Phase stage() const { return stage_; }
  uint64_t planned() const { return planned_; }  // operations; 0: a closed loop has no plan
  uint64_t settled() const { return settled_; }
  int64_t warm_up_ns() const { return warm_up_ns_; }
  bool Overtime() const;  // past the planned length, where only stragglers end
  double Share() const;   // of the stage, 0 to 1
  TimeLeft OfStage() const;
  // With the drive that follows a load. Setting up and reading back are in none of these.
  TimeLeft OfLeg() const;
  // Of a leg that waits for its turn.
  TimeLeft LengthOf(const v1::Campaign& campaign, const std::string& scenario,
                    const std::string& target, bool loaded) const;

 private:
  bool running_ = false;
  v1::Phase stage_ = v1::PHASE_UNSPECIFIED;
  std::string scenario_;
  std::string target_;
  int64_t drive_ns_ = 0;  // warm-up and measure of the leg
  uint64_t planned_ = 0;
  uint64_t settled_ = 0;
  uint32_t seconds_ = 0;   // that are over
  int64_t length_ns_ = 0;  // planned, of a drive; 0 for a load
  int64_t warm_up_ns_ = 0;
  std::map<std::pair<std::string, std::string>, uint32_t> load_seconds_;  // scenario, target
};

}  // namespace weir
