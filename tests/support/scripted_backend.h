// A backend that does what a test says: a FIFO server with a fixed service time in the loop's
// (virtual) time, which can stall, throttle, fail, or lose answers. One loop.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "backends/api/backend.h"

namespace weir {

struct Script {
  int64_t service_ns = 0;
  int64_t stall_from_ns = 0;  // the server stands still in this span
  int64_t stall_until_ns = 0;
  int capacity = 1;  // of one session
  // What becomes of the n-th attempt (from 1); kOk when not set. A lost answer never comes.
  std::function<Outcome(uint64_t attempt, const Operation&)> outcome;
  std::function<bool(uint64_t attempt)> lost;
};

// Serves the operations of all sessions one after another.
class ScriptedBackend final : public Backend {
 public:
  explicit ScriptedBackend(Script script) : script_(std::move(script)) {}

  absl::Status SetUp(bool) override { return absl::OkStatus(); }
  absl::StatusOr<Disclosure> Disclose() override { return Disclosure{}; }
  absl::Status Scan(absl::FunctionRef<void(const Record&)>) override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop& loop,
                                                       CompletionSink& sink) override {
    return std::make_unique<ScriptedSession>(*this, loop, sink);
  }

  uint64_t attempts() const { return attempts_; }
  const std::vector<int64_t>& sent_ns() const { return sent_ns_; }
  const std::vector<uint64_t>& records() const { return records_; }
  const std::vector<const Session*>& sessions_used() const { return sessions_used_; }

 private:
  class ScriptedSession final : public Session, public TimerHandler {
   public:
    ScriptedSession(ScriptedBackend& backend, EventLoop& loop, CompletionSink& sink)
        : backend_(backend), loop_(loop), sink_(sink) {}

    int Capacity() const override {
      return backend_.script_.capacity - static_cast<int>(in_flight_.size());
    }

    void Start(const Operation& operation, Ticket ticket) override {
      const uint64_t attempt = backend_.Begin(operation, loop_.Now());
      backend_.sessions_used_.push_back(this);
      const bool lost = backend_.script_.lost && backend_.script_.lost(attempt);
      Outcome outcome;
      if (backend_.script_.outcome) outcome = backend_.script_.outcome(attempt, operation);
      const int64_t done_ns = lost ? INT64_MAX : backend_.Serve(loop_.Now());
      in_flight_.push_back({ticket, outcome, done_ns});
      if (!lost) loop_.Schedule(done_ns, this);
    }

    void Abandon(Ticket ticket) override {
      std::erase_if(in_flight_, [&](const Pending& pending) { return pending.ticket == ticket; });
    }

    void OnTimer() override {
      const auto due = std::find_if(in_flight_.begin(), in_flight_.end(),
                                    [&](const Pending& p) { return p.done_ns <= loop_.Now(); });
      if (due == in_flight_.end()) return;
      const Pending done = *due;
      in_flight_.erase(due);
      sink_.Complete(done.ticket, done.outcome);
    }

   private:
    struct Pending {
      Ticket ticket;
      Outcome outcome;
      int64_t done_ns;
    };
    ScriptedBackend& backend_;
    EventLoop& loop_;
    CompletionSink& sink_;
    std::deque<Pending> in_flight_;
  };

  uint64_t Begin(const Operation& operation, int64_t now_ns) {
    sent_ns_.push_back(now_ns);
    records_.push_back(operation.first_record);
    return ++attempts_;
  }

  // When the server has served a request that arrives now.
  int64_t Serve(int64_t now_ns) {
    int64_t begin = std::max(now_ns, free_ns_);
    if (begin >= script_.stall_from_ns && begin < script_.stall_until_ns) {
      begin = script_.stall_until_ns;
    }
    free_ns_ = begin + script_.service_ns;
    return free_ns_;
  }

  Script script_;
  int64_t free_ns_ = 0;
  uint64_t attempts_ = 0;
  std::vector<int64_t> sent_ns_;
  std::vector<uint64_t> records_;
  std::vector<const Session*> sessions_used_;
};

}  // namespace weir
