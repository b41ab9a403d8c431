// When operations are due: one schedule for the whole run, split by index (R4–R6). Operation i of
// the run has an intended start, a pure function of the settings, the seed and i; an agent (and in
// it a worker) takes every n-th operation, so that any number of agents together runs the identical
// plan.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "proto/campaign.pb.h"

namespace weir {

// Walks every `step`-th operation from `first`, in order. Single thread.
class ScheduleCursor {
 public:
  virtual ~ScheduleCursor() = default;
  virtual bool done() const = 0;
  virtual uint64_t index() const = 0;     // of the whole run
  virtual int64_t offset_ns() const = 0;  // intended start, from the start of the schedule
  virtual void Advance() = 0;
};

// Immutable; any thread. Cursors must not outlive their schedule.
class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual uint64_t size() const = 0;  // operations in all
  virtual int64_t duration_ns() const = 0;
  virtual std::unique_ptr<ScheduleCursor> Cursor(uint64_t first, uint64_t step) const = 0;
  // Operations due before offset_ns: for planned counts per phase and second.
  virtual uint64_t CountBefore(int64_t offset_ns) const = 0;
};

// The arrivals of an open loop over warm-up and measure together; `seed` is the campaign's.
// Constant: operation i is due at ⌊i·10⁹/rate⌋ ns. Steps and ramps with constant arrivals: when i +
// ½ operations are planned. Poisson: per second (or what is left of it) a Poisson-distributed count
// at sorted uniform offsets. Burst: Poisson arrivals at a rate that jumps (burst_profile.h).
// Replay: the offsets of a file. kInvalidArgument in the words of a campaign's author; kNotFound
// when a file cannot be read.
absl::StatusOr<std::unique_ptr<Schedule>> MakeSchedule(const v1::OpenLoop& settings,
                                                       int64_t duration_ns, uint64_t seed);

// The schedule of a scenario with an open loop: what the agents follow, what `weir plan` shows and
// what the digest covers.
absl::StatusOr<std::unique_ptr<Schedule>> MakeSchedule(const v1::Campaign& campaign,
                                                       const v1::Scenario& scenario);

}  // namespace weir
