// One thread with one event loop and many sessions: takes operations as the pacer says, starts them
// on free sessions, retries, times out, and counts what becomes of each.
//
// Time stamps of an operation (R1): intended (by the plan), dispatched (picked up by the pacer),
// sent (handed to a session), completed. Response time counts from intended, service time from the
// send of the last attempt.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <queue>
#include <vector>

#include "absl/status/status.h"

#include "agent/pacer.h"
#include "agent/recorder.h"
#include "agent/watch/worker_use.h"
#include "backends/api/backend.h"
#include "base/event_loop.h"
#include "generators/operation_plan.h"
#include "measure/heavy_hitters.h"

namespace weir {

struct RetrySettings {
  uint32_t attempts = 1;
  uint32_t throttled_attempts = 1;  // after throttling, this many in all
  int64_t base_ns = 20'000'000;
  int64_t cap_ns = 5'000'000'000;
  bool obey_retry_after = true;
  uint64_t seed = 0;
};

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
  static constexpr Ticket kNone = UINT32_MAX;

  struct Lane {  // one session
    std::unique_ptr<Session> session;
    bool queued = false;  // in ready_
    bool unflushed = false;
  };

  struct Slot {  // one operation, over all its attempts
    PlannedOperation planned;
    AppliedRecords applied;
    uint64_t index = 0;  // in the plan
    size_t cell = 0;
    uint32_t second = 0;  // of the intended start
    Lane* lane = nullptr;
    int64_t intended_ns = 0;
    int64_t dispatched_ns = 0;
    int64_t first_sent_ns = 0;
    int64_t sent_ns = 0;
    int64_t alive_ns = 0;  // the timeout counts from here: sent, or seen to go on
    int64_t charge = 0;    // of all attempts
    uint32_t moves = 0;    // attempts that went to where the data no longer were
    Ticket older = kNone;  // neighbours in flight, by alive_ns
    Ticket newer = kNone;
    bool in_flight = false;
  };

  struct Retry {
    int64_t due_ns;
    Ticket ticket;
    bool operator>(const Retry& other) const { return due_ns > other.due_ns; }
  };

  bool LeaseOver(int64_t now_ns);
  void Notice(int64_t now_ns);
  void Dispatch();
  void StartNew(const DueOperation& due);
  void Send(Ticket ticket, int64_t now_ns);
  void FlushLanes();
  Lane* FreeLane();
  void Offer(Lane* lane);

  void Settle(Ticket ticket, const Outcome& outcome, int64_t now_ns);
  bool RetryLater(Ticket ticket, const Outcome& outcome, int64_t now_ns);
  void CountAttempt(Slot& slot, const Outcome& outcome);
  void CountWait(Slot& slot, const Outcome& outcome);
  bool FollowLater(Ticket ticket, int64_t now_ns);
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
  Tally& TallyOf(const Slot& slot) { return page_->At(page_->second - slot.second, slot.cell); }

  Ticket TakeSlot();
  void FreeSlot(Ticket ticket);
  void LinkNewest(Ticket ticket);
  void Unlink(Ticket ticket);

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

  std::vector<std::unique_ptr<Lane>> lanes_;
  std::deque<Lane*> ready_;
  std::vector<Lane*> unflushed_;

  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Ticket> free_slots_;
  Ticket oldest_ = kNone;
  Ticket newest_ = kNone;
  uint64_t in_flight_ = 0;
  uint64_t completions_ = 0;  // of attempts
  int64_t completed_ns_ = 0;  // the last of them
  int64_t held_ns_ = 0;       // by sessions that answered inside Start, since the last Notice
  std::priority_queue<Retry, std::vector<Retry>, std::greater<>> retries_;
  uint64_t retry_draws_ = 0;

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
