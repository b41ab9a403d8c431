// One armed stage of a leg on one agent: load, or warm-up and measure. Opens the sessions, runs the
// workers on threads of their own, and hands out one interval per second.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"

#include "agent/dead_letters.h"
#include "agent/workbench.h"
#include "proto/control.pb.h"

namespace weir {

class Stage {
 public:
  // Called on a thread of the stage, one at a time, OnDone last.
  struct Listener {
    std::function<void(v1::Interval)> on_interval;
    std::function<void(v1::StageDone)> on_done;
  };

  virtual ~Stage() = default;  // stops and joins

  // Starts the threads; operations begin at start_ns of the monotonic clock. Once.
  virtual void Start(int64_t start_ns, Listener listener) = 0;

  // Any thread; OnDone follows within about stop_grace.
  virtual void Stop() = 0;

  // Any thread: no operation is started at or after this time; the stage ends as if stopped.
  virtual void ExtendLease(int64_t until_ns) = 0;
};

// Opens all sessions (blocks) and fills in `prepared`: operations, plan digest, planned operations.
// `workbench` and `letters`, where operations that fail for good are put, outlive the stage; the
// workbench has opened the target.
absl::StatusOr<std::unique_ptr<Stage>> PrepareStage(const v1::Prepare& prepare, uint32_t workers,
                                                    Workbench& workbench, DeadLetters& letters,
                                                    v1::Prepared* prepared);

}  // namespace weir
