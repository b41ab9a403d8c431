#include "backends/cosmos/cosmos_session.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/clock.h"

namespace weir::cosmos {
namespace {

constexpr int64_t kFirstProbeWaitNs = 100 * kNsPerMs;
constexpr int64_t kLongestProbeWaitNs = kNsPerSecond;

}  // namespace

CosmosSession::CosmosSession(Container& container, std::shared_ptr<HttpEngine> engine,
                             std::shared_ptr<HoldQueue> holds, CompletionSink& sink)
    : engine_(std::move(engine)),
      holds_(std::move(holds)),
      sink_(sink),
      room_(container, *engine_, holds_.get(), *this),
      point_(room_),
      query_(room_),
      probe_(*engine_, *this) {}

CosmosSession::~CosmosSession() { engine_->loop().Cancel(timer_); }

RunningOperation& CosmosSession::OperationFor(const Operation& operation) {
  if (operation.kind == OperationKind::kQuery) return query_;
  const bool writes_many =
      operation.kind == OperationKind::kInsert || operation.kind == OperationKind::kUpsert;
  if (writes_many && operation.records > 1) {
    if (bulk_ == nullptr) bulk_ = std::make_unique<BulkOperation>(room_);
    return *bulk_;
  }
  return point_;
}

void CosmosSession::Start(const Operation& operation, Ticket ticket) {
  WEIR_CHECK(state_ == State::kIdle);
  state_ = State::kBusy;
  ticket_ = ticket;
  room_.LookUpRanges();
  running_ = &OperationFor(operation);
  if (!running_->Start(operation)) FinishOperation();
}

void CosmosSession::Abandon(Ticket ticket) {
  if (state_ != State::kBusy || ticket != ticket_) return;
  running_->Abandon();
  room_.CancelAll();
  room_.TakeHeldNs();
  state_ = State::kIdle;
}

void CosmosSession::OnExchange(HttpExchange& exchange) {
  if (&exchange == &probe_) return TakeProbe();
  // All but the probe are the room's.
  if (running_->OnAnswer(static_cast<HeldExchange&>(exchange))) FinishOperation();
}

void CosmosSession::FinishOperation() {
  OutcomeSum& sum = running_->sum();
  state_ = State::kIdle;
  if (sum.trouble() != Trouble::kNone) Recover(sum.trouble());
  // The sink may start the next operation, which clears the sum.
  detail_ = sum.detail();
  Outcome outcome = sum.Conclude();
  outcome.held_ns = room_.TakeHeldNs();
  outcome.keys = running_->keys().View();
  outcome.detail = outcome.verdict == Verdict::kOk ? std::string_view() : detail_;
  sink_.Complete(ticket_, outcome);
}

// ------------------------------------------------------------------------------------ recovery

void CosmosSession::Recover(Trouble trouble) {
  // Another session has read the partitions anew in the meantime.
  if (trouble == Trouble::kRangesStale && room_.RangesOutdated()) return;
  state_ = State::kRecovering;
  probe_wait_ns_ = kFirstProbeWaitNs;
  trouble == Trouble::kNoConnection ? ProbeLater() : Probe();
}

void CosmosSession::ProbeLater() {
  EventLoop& loop = engine_->loop();
  timer_ = loop.Schedule(loop.Now() + probe_wait_ns_, this);
  probe_wait_ns_ = std::min(2 * probe_wait_ns_, kLongestProbeWaitNs);
}

void CosmosSession::OnTimer() {
  timer_ = 0;
  Probe();
}

void CosmosSession::Probe() {
  room_.requests.Begin(probe_, HttpMethod::kGet, room_.shared.gateway.ranges);
  probe_.Send();
}

// Any answer shows that the server is back; what it thinks of us, the next operation will tell.
void CosmosSession::TakeProbe() {
  if (probe_.transport() != Transport::kAnswered) return ProbeLater();
  if (probe_.status() == 200) {
    absl::StatusOr<PartitionRanges> ranges = PartitionRanges::Parse(probe_.answer());
    if (ranges.ok()) room_.shared.ranges.Set(*std::move(ranges));
  }
  state_ = State::kIdle;
  sink_.Ready(this);
}

}  // namespace weir::cosmos
