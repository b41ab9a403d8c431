#include "agent/worker.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kLongestPassNs = kNsPerMs;

void CountVerdict(Verdict verdict, v1::Tally* counts) {
  switch (verdict) {
    case Verdict::kOk:
      return counts->set_ok(counts->ok() + 1);
    case Verdict::kNotFound:
      return counts->set_not_found(counts->not_found() + 1);
    case Verdict::kConflict:
      return counts->set_conflict(counts->conflict() + 1);
    case Verdict::kThrottled:
      return counts->set_throttled(counts->throttled() + 1);
    case Verdict::kTimedOut:
      return counts->set_timed_out(counts->timed_out() + 1);
    case Verdict::kFailed:
      return counts->set_failed(counts->failed() + 1);
    case Verdict::kInDoubt:
      return counts->set_in_doubt(counts->in_doubt() + 1);
  }
}

uint64_t Span(int64_t from_ns, int64_t to_ns) {
  return static_cast<uint64_t>(std::max<int64_t>(0, to_ns - from_ns));
}

}  // namespace

Worker::Worker(const WorkerSettings& settings, const OperationPlan& plan, EventLoop& loop,
               PageCollector& pages)
    : settings_(settings),
      plan_(plan),
      loop_(loop),
      pages_(pages),
      retries_(settings.retry),
      caps_(settings.caps) {}

Worker::~Worker() = default;

absl::Status Worker::Open(Backend& backend) {
  return lanes_.Open(settings_.sessions, backend, loop_, *this);
}

void Worker::Stop() {
  stop_.store(true);
  loop_.Wake();
}

// ------------------------------------------------------------------------------ the main loop

void Worker::Run(Pacer& pacer, int64_t start_ns) {
  Begin(pacer, start_ns);
  while (Pass()) Await(loop_.Now());
  End();
}

void Worker::Begin(Pacer& pacer, int64_t start_ns) {
  pacer_ = &pacer;
  start_ns_ = last_success_ns_ = start_ns;
  page_ = pages_.Turn(nullptr, 0);
}

bool Worker::Pass() {
  if (Finished() || stop_.load(std::memory_order_relaxed)) return false;
  const int64_t now = loop_.Now();
  if (now - start_ns_ > settings_.length_ns) stop_.store(true);
  if (LeaseOver(now) || Hopeless(now) || stop_.load(std::memory_order_relaxed)) return false;
  TimeOutOverdue(now);
  Notice(now);
  GiveUpOverdue(now);
  Dispatch();
  return true;
}

void Worker::End() {
  winding_down_ = true;
  const int64_t give_up_ns = loop_.Now() + settings_.stop_grace_ns;
  GiveUpWaiting();
  while (slots_.in_flight() > 0 && loop_.Now() < give_up_ns) {
    TurnPages(loop_.Now());
    loop_.RunOnce(give_up_ns);
  }
  GiveUpInFlight(loop_.Now());
  pages_.Finish(std::move(page_));
}

bool Worker::Finished() const {
  return pacer_->Finished() && slots_.in_flight() == 0 && retries_.empty();
}

// Waits for what comes next; towards a due time the last stretch is spun.
void Worker::Await(int64_t now_ns) {
  const int64_t wake_ns = NextWakeNs(now_ns);
  const bool towards_due = wake_ns > now_ns && wake_ns == pacer_->NextDueNs();
  const double affordable = settings_.spin_share * static_cast<double>(now_ns - start_ns_);
  const bool spin = settings_.spin_ns > 0 && settings_.spin_share > 0 &&
                    static_cast<double>(spun_ns_) <= affordable;
  if (!spin || !towards_due) return loop_.RunOnce(wake_ns);
  if (wake_ns - now_ns > settings_.spin_ns) return loop_.RunOnce(wake_ns - settings_.spin_ns);
  Spin(wake_ns, now_ns);
}

// Polls until the due time, or until an answer has come that is to be looked after. The poll that
// brought an answer was work, all before it was waiting.
void Worker::Spin(int64_t due_ns, int64_t now_ns) {
  const uint64_t completions = completions_;
  int64_t now = now_ns;
  int64_t spun_until_ns = now_ns;
  while (now < due_ns && completions_ == completions && !stop_.load(std::memory_order_relaxed)) {
    spun_until_ns = now;
    loop_.RunOnce(now);
    now = loop_.Now();
  }
  if (completions_ == completions) spun_until_ns = now;
  spun_ns_ += spun_until_ns - now_ns;
  if (use_ != nullptr) use_->AddSpin(spun_until_ns - now_ns);
}

int64_t Worker::NextWakeNs(int64_t now_ns) const {
  const bool may_send = lanes_.any() && !caps_.Held(now_ns);
  if (pacer_->Backlog() > 0 && may_send) return now_ns;
  if (Finished()) return now_ns;  // the last operation was answered inside Start
  int64_t wake = std::min(PageEndNs(), pacer_->NextDueNs());
  if (!retries_.empty() && may_send) wake = std::min(wake, retries_.NextDueNs());
  if (slots_.oldest() != Slot::kNone) {
    wake = std::min(wake, slots_.OldestAliveNs() + settings_.timeout_ns);
  }
  return std::max(wake, now_ns);  // what waits for a session is looked at once a second at least
}

bool Worker::LeaseOver(int64_t now_ns) {
  if (now_ns < lease_end_ns_.load(std::memory_order_relaxed)) return false;
  stop_.store(true);
  return true;
}

bool Worker::Hopeless(int64_t now_ns) {
  gave_up_ = now_ns - last_success_ns_ > settings_.give_up_ns;
  return gave_up_;
}

// Ends the seconds that have passed. What fell due in a second is counted as planned in that
// second.
void Worker::TurnPages(int64_t now_ns) {
  while (now_ns >= PageEndNs()) {
    const uint32_t next = page_->second + 1;
    page_ = pages_.Turn(std::move(page_), next);
  }
}

void Worker::Notice(int64_t now_ns) {
  const auto count_planned = [this](uint64_t index, int64_t intended_ns) {
    const uint32_t age = page_->second - SecondOf(intended_ns);
    v1::Tally& counts = page_->At(age, CellOf(intended_ns, plan_.TypeOf(index))).counts();
    counts.set_planned(counts.planned() + 1);
  };
  while (true) {
    const int64_t page_end = PageEndNs();
    if (now_ns < page_end) break;
    if (!pacer_->Notice({page_end - 1, now_ns, held_ns_}, count_planned)) return;
    TurnPages(page_end);
  }
  pacer_->Notice({now_ns, now_ns, held_ns_}, count_planned);
  held_ns_ = 0;
}

int64_t Worker::PageEndNs() const {
  return start_ns_ + (static_cast<int64_t>(page_->second) + 1) * kNsPerSecond;
}

uint32_t Worker::SecondOf(int64_t intended_ns) const {
  return static_cast<uint32_t>(std::max<int64_t>(0, intended_ns - start_ns_) / kNsPerSecond);
}

size_t Worker::CellOf(int64_t intended_ns, uint32_t type) const {
  const bool second = intended_ns - start_ns_ >= settings_.second_phase_offset_ns;
  return settings_.shape.Cell(second ? 1 : 0, type);
}

// ----------------------------------------------------------------------------------- sending

// A session may answer inside Start; the pass is kept short, so that time and Stop are looked at.
void Worker::Dispatch() {
  const int64_t pass_end = loop_.Now() + kLongestPassNs;
  while (Lane* lane = lanes_.Free()) {
    const int64_t now = loop_.Now();
    if (now >= pass_end || stop_.load(std::memory_order_relaxed) || LeaseOver(now)) break;
    const bool again = !retries_.empty() && retries_.NextDueNs() <= now;
    if (!again && pacer_->Backlog() == 0) break;
    if (!WithinCaps(now)) break;
    if (again) {
      const Ticket ticket = retries_.Take();
      ++slots_[ticket].planned.operation.attempt;
      slots_[ticket].lane = lane;
      Send(ticket, now);
      continue;
    }
    const std::optional<DueOperation> due = pacer_->Take();
    if (!due) break;
    StartNew(*due);
  }
  lanes_.Flush();
}

bool Worker::WithinCaps(int64_t now_ns) {
  const bool within = caps_.Admit({page_->second, PageEndNs()}, now_ns);
  if (caps_.reached()) stop_.store(true);
  return within;
}

void Worker::StartNew(const DueOperation& due) {
  const Ticket ticket = slots_.Take();
  Slot& slot = slots_[ticket];
  plan_.Make(due.index, &slot.planned);
  Operation& operation = slot.planned.operation;
  operation.attempt = 1;
  if (operation.records > 1) {
    slot.applied.Reset(operation.records);
    operation.applied = &slot.applied;
  }
  slot.index = due.index;
  slot.cell = CellOf(due.intended_ns, slot.planned.type);
  operation.tell_keys = settings_.shape.PhaseOf(slot.cell) == v1::PHASE_MEASURE;
  slot.second = SecondOf(due.intended_ns);
  slot.intended_ns = due.intended_ns;
  slot.dispatched_ns = due.dispatched_ns;
  slot.first_sent_ns = 0;
  slot.charge = 0;
  slot.moves = 0;
  slot.lane = lanes_.Free();
  Send(ticket, loop_.Now());
}

void Worker::Send(Ticket ticket, int64_t now_ns) {
  Slot& slot = slots_[ticket];
  Tally& tally = TallyOf(slot);
  v1::Tally& counts = tally.counts();
  if (slot.first_sent_ns == 0) {
    slot.first_sent_ns = now_ns;
    tally.lag.Record(Span(slot.intended_ns, slot.dispatched_ns));
  } else {
    counts.set_retries(counts.retries() + 1);
  }
  counts.set_attempts(counts.attempts() + 1);
  slots_.Launch(ticket, now_ns);
  const uint64_t completions = completions_;
  lanes_.Start(slot.lane, slot.planned.operation, ticket);  // may complete inside
  if (completions_ != completions) held_ns_ += completed_ns_ - now_ns;
  lanes_.Offer(slot.lane);
}

void Worker::Ready(Session* session) { lanes_.Offer(session); }

// ------------------------------------------------------------------------------ what comes back

void Worker::Complete(Ticket ticket, const Outcome& outcome) {
  const int64_t now = loop_.Now();
  Slot& slot = slots_[ticket];
  slots_.Land(ticket);
  ++completions_;
  completed_ns_ = now;
  CountAttempt(slot, outcome);
  if (outcome.records > 0) last_success_ns_ = now;  // a batch may take many attempts
  lanes_.Offer(slot.lane);
  if (outcome.verdict != Verdict::kOk && RetryLater(ticket, outcome, now)) return;
  Settle(ticket, outcome, now);
}

// What a session holds back is not sent yet. The first attempt's wait ends when it is.
void Worker::CountWait(Slot& slot, const Outcome& outcome) {
  slot.sent_ns += outcome.held_ns;
  if (slot.planned.operation.attempt > 1) return;
  slot.first_sent_ns += outcome.held_ns;
  TallyOf(slot).wait.Record(Span(slot.dispatched_ns, slot.first_sent_ns));
}

void Worker::CountAttempt(Slot& slot, const Outcome& outcome) {
  CountWait(slot, outcome);
  Tally& tally = TallyOf(slot);
  v1::Tally& counts = tally.counts();
  if (outcome.server_time_ns > 0) tally.server_time.Record(Span(0, outcome.server_time_ns));
  page_->CountPartition(outcome);
  const uint64_t operations = slot.planned.operation.attempt == 1 ? 1 : 0;
  for (const KeyPart& part : outcome.keys) {
    keys_.Add(part.key, operations, static_cast<uint64_t>(part.charge));
  }
  counts.set_bytes_sent(counts.bytes_sent() + outcome.bytes_sent);
  counts.set_bytes_received(counts.bytes_received() + outcome.bytes_received);
  counts.set_milli_ru(counts.milli_ru() + outcome.charge);
  if (outcome.verdict != Verdict::kOk) {
    counts.set_wasted_milli_ru(counts.wasted_milli_ru() + outcome.charge);
  }
  if (outcome.verdict == Verdict::kThrottled || outcome.throttled_parts > 0) {
    counts.set_throttled_attempts(counts.throttled_attempts() + 1);
  }
  slot.charge += outcome.charge;
  const auto charge = static_cast<uint64_t>(std::max<MilliRu>(0, outcome.charge));
  caps_.Charge({page_->second, PageEndNs()}, charge);
  if (caps_.reached()) stop_.store(true);
}

bool Worker::RetryLater(Ticket ticket, const Outcome& outcome, int64_t now_ns) {
  if (winding_down_ || stop_.load(std::memory_order_relaxed)) return false;
  Slot& slot = slots_[ticket];
  Operation& operation = slot.planned.operation;
  if (!retries_.Add(ticket, {operation.attempt, &slot.moves}, outcome, now_ns)) return false;
  if (EffectUnknown(outcome.verdict) || outcome.in_doubt) operation.in_doubt = true;
  return true;
}

void Worker::Settle(Ticket ticket, const Outcome& outcome, int64_t now_ns) {
  Slot& slot = slots_[ticket];
  Tally& tally = TallyOf(slot);
  CountVerdict(outcome.verdict, &tally.counts());
  PutDown(slot, outcome);
  last_completion_ns_ = std::max(last_completion_ns_, now_ns);
  if (outcome.verdict == Verdict::kOk) {
    last_success_ns_ = now_ns;
    // A batch may have taken several attempts, each of which applied a part.
    const uint32_t applied = slot.planned.operation.records > 1 ? slot.applied.count() : 0;
    tally.counts().set_records(tally.counts().records() + std::max(outcome.records, applied));
    tally.response.Record(Span(slot.intended_ns, now_ns));
    tally.dispatch_response.Record(Span(slot.dispatched_ns, now_ns));
    tally.service.Record(Span(slot.sent_ns, now_ns));
    if (slot.charge > 0) tally.charge.Record(slot.charge);
  } else {
    tally.failed_response.Record(Span(slot.intended_ns, now_ns));
    errors_.Add(settings_.shape.PhaseOf(slot.cell), slot.planned.type, outcome.verdict,
                outcome.detail);
  }
  slots_.Free(ticket);
  pacer_->Freed(now_ns);
}

// In the ledger, and with the dead letters. What certainly had no effect is in neither list of the
// ledger; a batch that failed with a part of it applied is unknown as a whole.
void Worker::PutDown(const Slot& slot, const Outcome& outcome) {
  const Operation& operation = slot.planned.operation;
  if (settings_.keeps_ledger && outcome.verdict == Verdict::kOk) {
    page_->acknowledged.push_back(slot.index);
    return;
  }
  const bool in_part = operation.records > 1 && slot.applied.count() > 0;
  const bool unknown =
      EffectUnknown(outcome.verdict) || outcome.in_doubt || operation.in_doubt || in_part;
  if (settings_.keeps_ledger && unknown && Writes(operation.kind)) {
    page_->unknown.push_back(slot.index);
  }
  const bool answered = outcome.verdict == Verdict::kOk || outcome.verdict == Verdict::kNotFound ||
                        outcome.verdict == Verdict::kConflict;
  if (!settings_.keeps_letters || answered) return;
  page_->undelivered.push_back({slot.index, slot.planned.type, operation.attempt, outcome.verdict,
                                Writes(operation.kind), std::string(outcome.detail)});
}

void Worker::CountUnsent(const DueOperation& due) {
  const size_t cell = CellOf(due.intended_ns, plan_.TypeOf(due.index));
  Tally& tally = page_->At(page_->second - SecondOf(due.intended_ns), cell);
  tally.counts().set_unsent(tally.counts().unsent() + 1);
  tally.lag.Record(Span(due.intended_ns, due.dispatched_ns));  // it was picked up, but never sent
}

void Worker::TimeOutOverdue(int64_t now_ns) {
  while (slots_.oldest() != Slot::kNone &&
         slots_.OldestAliveNs() + settings_.timeout_ns <= now_ns) {
    const Ticket ticket = slots_.oldest();
    if (GoesOn(ticket, now_ns)) continue;
    slots_[ticket].lane->session->Abandon(ticket);
    Complete(ticket, {.verdict = Verdict::kTimedOut, .detail = "no answer within the timeout"});
  }
}

// A large write may go on for longer than the timeout, part by part.
bool Worker::GoesOn(Ticket ticket, int64_t now_ns) {
  Slot& slot = slots_[ticket];
  const int64_t sign_ns = slot.lane->session->LastSignNs(ticket);
  if (sign_ns <= slot.alive_ns) return false;
  last_success_ns_ = std::max(last_success_ns_, sign_ns);
  slots_.Refresh(ticket, now_ns);
  return true;
}

// What has waited for a session for longer than the timeout, as when the target is down: it is not
// sent any more (R8).
void Worker::GiveUpOverdue(int64_t now_ns) {
  if (caps_.waits()) return;  // what waits may wait for the cap
  const int64_t limit = now_ns - settings_.timeout_ns;
  for (; pacer_->OldestDueNs() < limit; pacer_->Freed(now_ns)) {
    const DueOperation due = *pacer_->Take();
    CountUnsent(due);
  }
  while (!retries_.empty() && retries_.NextDueNs() < limit) {
    Settle(retries_.Take(),
           {.verdict = Verdict::kFailed, .detail = "no session for another attempt in time"},
           now_ns);
  }
}

// After Stop: what was never sent, and what waits for another attempt.
void Worker::GiveUpWaiting() {
  while (const std::optional<DueOperation> due = pacer_->Take()) {
    CountUnsent(*due);
  }
  while (!retries_.empty()) {
    Settle(retries_.Take(),
           {.verdict = Verdict::kFailed, .detail = "stopped while waiting for another attempt"},
           loop_.Now());
  }
}

void Worker::GiveUpInFlight(int64_t now_ns) {
  TurnPages(now_ns);
  while (slots_.oldest() != Slot::kNone) {
    const Ticket ticket = slots_.oldest();
    slots_[ticket].lane->session->Abandon(ticket);
    Complete(ticket, {.verdict = Verdict::kInDoubt, .detail = "stopped before the answer came"});
  }
}

}  // namespace weir
