#include "backends/null/null_backend.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

#include "backends/null/service_queue.h"
#include "base/random.h"

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

// Answers when the queue of its worker has served the operation.
class ServedSession final : public Session, private CompletionSink {
 public:
  ServedSession(std::shared_ptr<ServiceQueue> queue, CompletionSink& sink)
      : queue_(std::move(queue)), sink_(sink) {}
  ~ServedSession() override { queue_->AbandonAll(this); }

  int Capacity() const override { return kCapacity - held_; }
  void Start(const Operation& operation, Ticket ticket) override {
    ++held_;
    queue_->Enter(this, *this, ticket, Success(operation));
  }
  void Abandon(Ticket ticket) override {
    --held_;
    queue_->Abandon(this, ticket);
  }

 private:
  void Complete(Ticket ticket, const Outcome& outcome) override {
    --held_;
    sink_.Complete(ticket, outcome);
  }
  void Ready(Session*) override {}

  const std::shared_ptr<ServiceQueue> queue_;
  CompletionSink& sink_;
  int held_ = 0;
};

// Every backend of a process has service times of its own, and so has each of its queues: no stage
// repeats those of another.
uint64_t NextSeed() {
  static std::atomic<uint64_t> seed = 0;
  return ++seed;
}

class NullBackend final : public Backend {
 public:
  explicit NullBackend(const v1::NullTarget& target)
      : settings_{.mean_ns = std::max<int64_t>(target.service_time().ns(), 0),
                  .law = target.service_law(),
                  .servers = target.servers(),
                  .key = DeriveKey(NextSeed(), "null service times")} {}

  absl::Status SetUp(bool) override { return absl::OkStatus(); }

  absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop& loop,
                                                       CompletionSink& sink) override {
    if (settings_.mean_ns == 0) return std::make_unique<InstantSession>(sink);
    return std::make_unique<ServedSession>(QueueOn(loop), sink);
  }

  absl::StatusOr<Disclosure> Disclose() override {
    const bool exponential = settings_.law == v1::SERVICE_LAW_EXPONENTIAL;
    const std::string servers =
        settings_.servers == 0 ? "no limit" : absl::StrCat(settings_.servers, " per worker");
    Disclosure disclosure;
    disclosure.facts.push_back({"null", "service_time_ns", absl::StrCat(settings_.mean_ns)});
    disclosure.facts.push_back({"null", "service_law", exponential ? "exponential" : "fixed"});
    disclosure.facts.push_back({"null", "servers", servers});
    disclosure.facts.push_back({"null", "durability", "none: records are discarded"});
    return disclosure;
  }

  absl::Status Scan(absl::FunctionRef<void(const Record&)>) override {
    return absl::UnimplementedError("null keeps no records");
  }

 private:
  // One for each worker, and so for each loop. It lives as long as a session uses it.
  std::shared_ptr<ServiceQueue> QueueOn(EventLoop& loop) {
    const absl::MutexLock lock(&mutex_);
    std::weak_ptr<ServiceQueue>& known = queues_[&loop];
    if (std::shared_ptr<ServiceQueue> queue = known.lock()) return queue;
    ServiceSettings settings = settings_;
    settings.key = Draw(settings_.key, ++queues_made_);
    auto queue = std::make_shared<ServiceQueue>(settings, loop);
    known = queue;
    return queue;
  }

  const ServiceSettings settings_;
  absl::Mutex mutex_;
  uint64_t queues_made_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<const EventLoop*, std::weak_ptr<ServiceQueue>> queues_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Backend> MakeNullBackend(const v1::NullTarget& target, const RecordSource&) {
  return std::make_unique<NullBackend>(target);
}

}  // namespace weir
