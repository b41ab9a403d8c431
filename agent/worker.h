// One thread with one event loop and many sessions: takes operations as the pacer says, starts them
// on free sessions, has them retried, times out, and counts what becomes of each.
//
// Time stamps of an operation (R1): intended (by the plan), dispatched (picked up by the pacer),
// sent (handed to a session), completed. Response time counts from intended, service time from the
// send of the last attempt.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"

#include "agent/attempt_caps.h"
#include "agent/lanes.h"
#include "agent/operation_slots.h"
#include "agent/pacer.h"
#include "agent/recorder.h"
#include "agent/retry_queue.h"
#include "agent/watch/worker_use.h"
#include "backends/api/backend.h"
#include "base/event_loop.h"
#include "generators/operation_plan.h"
#include "measure/heavy_hitters.h"

namespace weir {

struct WorkerSettings {
  uint32_t sessions = 1;
  int64_t timeout_ns = 30'000'000'000;
  int64_t stop_grace_ns = 300'000'000;  // after Stop, for operations in flight
  int64_t give_up_ns = INT64_MAX;       // stop when nothing has succeeded for this long
  int64_t length_ns = INT64_MAX;        // stop this long after the start, whatever is left
  RetrySettings retry;
  TallyShape shape;
  // Operations intended from this offset on belong to the second phase of the shape.
  int64_t second_phase_offset_ns = INT64_MAX;
  int64_t spin_ns = 0;         // spin, and do not sleep, this long before a due time,
  double spin_share = 1;       // in all for no more than this part of the time
  bool keeps_ledger = false;   // what became of each operation is noted by its index (R47)
  bool keeps_letters = false;  // what failed for good is put aside (R51)
  AttemptCaps::Settings caps;
};

// Used on one thread, except Stop. Everything passed in outlives the worker.
class Worker final : public CompletionSink {
 public:
  Worker(const WorkerSettings& settings, const OperationPlan& plan, EventLoop& loop,
         PageCollector& pages);
  ~Worker() override;

  // Opens the sessions.
  absl::Status Open(Backend& backend);

  // Where spinning is booked, if anywhere; before Run.
  void BookSpin(WorkerUse* use) { use_ = use; }

  // Runs until the pacer has finished and nothing is in flight, or Stop. Hands in all pages.
  void Run(Pacer& pacer, int64_t start_ns);

  // Run in pieces, for whoever drives several workers in one virtual time: Begin, then Pass as long
  // as it says that there is more, waiting in the loop until NextWakeNs after each, then End.
  void Begin(Pacer& pacer, int64_t start_ns);
  bool Pass();
  int64_t NextWakeNs(int64_t now_ns) const;
  void End();

  // Any thread: stop issuing, give what is in flight a moment, then give it up.
  void Stop();

  // Any thread: from this time on nothing is issued, as after Stop, even if the process slept until
  // then (R40).
  void ExtendLease(int64_t until_ns) { lease_end_ns_.store(until_ns); }

  const ErrorLog& errors() const { return errors_; }
  const HeavyHitters& keys() const { return keys_; }  // of the measure phase
  int64_t last_completion_ns() const { return last_completion_ns_; }
  bool stopped() const { return stop_.load(); }
  bool gave_up() const { return gave_up_; }

  // CompletionSink.
  void Complete(Ticket ticket, const Outcome& outcome) override;
  void Ready(Session* session) override;

 private:
  bool LeaseOver(int64_t now_ns);
  bool WithinCaps(int64_t now_ns);
  void Notice(int64_t now_ns);
  void Dispatch();
  void StartNew(const DueOperation& due);
  void Send(Ticket ticket, int64_t now_ns);

  void Settle(Ticket ticket, const Outcome& outcome, int64_t now_ns);
  bool RetryLater(Ticket ticket, const Outcome& outcome, int64_t now_ns);
  void CountAttempt(Slot& slot, const Outcome& outcome);
  void CountWait(Slot& slot, const Outcome& outcome);
  void CountUnsent(const DueOperation& due);
  void PutDown(const Slot& slot, const Outcome& outcome);
  void TimeOutOverdue(int64_t now_ns);
  bool GoesOn(Ticket ticket, int64_t now_ns);
  void GiveUpOverdue(int64_t now_ns);
  bool Hopeless(int64_t now_ns);
  void GiveUpInFlight(int64_t now_ns);
  void GiveUpWaiting();

  void TurnPages(int64_t now_ns);
  size_t CellOf(int64_t intended_ns, uint32_t type) const;
  uint32_t SecondOf(int64_t intended_ns) const;
  int64_t PageEndNs() const;
  Tally& TallyOf(const Slot& slot) { return page_->At(page_->second - slot.second, slot.cell); }

  void Await(int64_t now_ns);
  void Spin(int64_t due_ns, int64_t now_ns);
  bool Finished() const;

  const WorkerSettings settings_;
  const OperationPlan& plan_;
  EventLoop& loop_;
  PageCollector& pages_;
  Pacer* pacer_ = nullptr;
  int64_t start_ns_ = 0;
  int64_t spun_ns_ = 0;
  WorkerUse* use_ = nullptr;

  Lanes lanes_;
  OperationSlots slots_;
  RetryQueue retries_;
  AttemptCaps caps_;
  uint64_t completions_ = 0;  // of attempts
  int64_t completed_ns_ = 0;  // the last of them
  int64_t held_ns_ = 0;       // by sessions that answered inside Start, since the last Notice

  std::unique_ptr<Page> page_;
  ErrorLog errors_;
  HeavyHitters keys_;
  int64_t last_completion_ns_ = 0;
  int64_t last_success_ns_ = 0;
  bool gave_up_ = false;
  bool winding_down_ = false;  // nothing new is started any more
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> lease_end_ns_{INT64_MAX};
};

}  // namespace weir
