#include "backends/null/null_backend.h"

#include <algorithm>
#include <deque>

namespace weir {
namespace {

constexpr int kCapacity = 1 << 20;

Outcome Success(const Operation& operation) {
  Outcome outcome;
  outcome.records = operation.kind == OperationKind::kQuery ? 0 : operation.records;
  return outcome;
}

// Answers inside Start.
class InstantSession final : public Session {
 public:
  explicit InstantSession(CompletionSink& sink) : sink_(sink) {}

  int Capacity() const override { return kCapacity; }
  void Start(const Operation& operation, Ticket ticket) override {
    sink_.Complete(ticket, Success(operation));
  }
  void Abandon(Ticket) override {}

 private:
  CompletionSink& sink_;
};

// Answers a fixed time after Start: first in, first out, so that one timer is enough.
class DelayedSession final : public Session, private TimerHandler {
 public:
  DelayedSession(int64_t service_ns, EventLoop& loop, CompletionSink& sink)
      : service_ns_(service_ns), loop_(loop), sink_(sink) {}
  ~DelayedSession() override { loop_.Cancel(timer_); }

  int Capacity() const override { return kCapacity - static_cast<int>(waiting_.size()); }

  void Start(const Operation& operation, Ticket ticket) override {
    waiting_.push_back({loop_.Now() + service_ns_, ticket, Success(operation)});
    if (waiting_.size() == 1) Arm();
  }

  void Abandon(Ticket ticket) override {
    std::erase_if(waiting_, [ticket](const Waiting& waiting) { return waiting.ticket == ticket; });
  }

 private:
  struct Waiting {
    int64_t due_ns;
    Ticket ticket;
    Outcome outcome;
  };

  void Arm() {
    loop_.Cancel(timer_);
    timer_ = loop_.Schedule(waiting_.front().due_ns, this);
  }

  void OnTimer() override {
    const int64_t now = loop_.Now();
    while (!waiting_.empty() && waiting_.front().due_ns <= now) {
      const Waiting done = waiting_.front();
      waiting_.pop_front();
      sink_.Complete(done.ticket, done.outcome);
    }
    if (!waiting_.empty()) Arm();
  }

  const int64_t service_ns_;
  EventLoop& loop_;
  CompletionSink& sink_;
  std::deque<Waiting> waiting_;
  TimerId timer_ = 0;
};

class NullBackend final : public Backend {
 public:
  explicit NullBackend(int64_t service_ns) : service_ns_(service_ns) {}

  absl::Status SetUp(bool) override { return absl::OkStatus(); }

  absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop& loop,
                                                       CompletionSink& sink) override {
    if (service_ns_ == 0) return std::make_unique<InstantSession>(sink);
    return std::make_unique<DelayedSession>(service_ns_, loop, sink);
  }

  absl::StatusOr<Disclosure> Disclose() override {
    Disclosure disclosure;
    disclosure.facts.push_back({"null", "service_time_ns", std::to_string(service_ns_)});
    disclosure.facts.push_back({"null", "durability", "none: records are discarded"});
    return disclosure;
  }

  absl::Status Scan(absl::FunctionRef<void(const Record&)>) override {
    return absl::UnimplementedError("null keeps no records");
  }

 private:
  const int64_t service_ns_;
};

}  // namespace

std::unique_ptr<Backend> MakeNullBackend(const v1::NullTarget& target, const RecordSource&) {
  return std::make_unique<NullBackend>(std::max<int64_t>(target.service_time().ns(), 0));
}

}  // namespace weir
