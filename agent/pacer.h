// Decides when a worker's next operation starts: by the schedule (open loop) or when a session is
// free (closed loop, load). One worker, one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "absl/functional/function_ref.h"

#include "generators/schedule.h"

namespace weir {

// An operation whose turn has come. Times are on the loop's clock.
struct DueOperation {
  uint64_t index = 0;  // of the whole run
  int64_t intended_ns = 0;
  int64_t dispatched_ns = 0;  // when the pacer picked it up
};

// What falls due up to `due_until_ns` is picked up at `now_ns`. Before that a session that answers
// inside Start held the thread for `held_ns`: that is the database's doing, and no lag of ours.
struct PickUp {
  int64_t due_until_ns = 0;
  int64_t now_ns = 0;
  int64_t held_ns = 0;
};

class Pacer {
 public:
  static constexpr int64_t kNever = INT64_MAX;

  virtual ~Pacer() = default;

  // Picks up what is due and calls planned(index, intended_ns) for each. False when there was too
  // much for one call; the rest comes with the next.
  virtual bool Notice(const PickUp& pick_up,
                      absl::FunctionRef<void(uint64_t index, int64_t intended_ns)> planned) = 0;

  // The next operation that was picked up and not yet taken.
  virtual std::optional<DueOperation> Take() = 0;

  // Intended start of what Take would give; kNever when there is nothing to take.
  virtual int64_t OldestDueNs() const = 0;

  // When the next operation falls due; kNever when that waits for something else than time.
  virtual int64_t NextDueNs() const = 0;

  // A session has become free: in a closed loop, a turn for the next operation.
  virtual void Freed(int64_t now_ns) = 0;

  // No operation will fall due any more, and all were taken.
  virtual bool Finished() const = 0;

  // Picked up and not yet taken.
  virtual uint64_t Backlog() const = 0;
};

// This worker's part of a run's operations: first, first+step, …
struct Stride {
  uint64_t first = 0;
  uint64_t step = 1;
};

// Open loop. The backlog is a range of the schedule, not memory: two cursors walk it, one for what
// fell due and one for what was taken. `schedule` outlives the pacer.
std::unique_ptr<Pacer> MakeOpenPacer(const Schedule& schedule, Stride stride, int64_t start_ns);

// Closed loop: `turns` at the start, one for each operation that may be in flight, then one for
// each that is freed, think_ns later; none falls due at or after end_ns, nor with an index of
// `operations` or more.
struct ClosedPacing {
  uint64_t operations = UINT64_MAX;
  int64_t end_ns = INT64_MAX;
  int64_t think_ns = 0;
  uint32_t turns = 1;
};
std::unique_ptr<Pacer> MakeClosedPacer(const ClosedPacing& pacing, Stride stride, int64_t start_ns);

}  // namespace weir
