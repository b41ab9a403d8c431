// Drives sessions on a real event loop and keeps what became of each operation. For tests: one
// thread, waits bounded by a deadline.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "backends/api/backend.h"
#include "base/epoll_loop.h"

namespace weir {

// An outcome that outlives its Complete call.
struct KeptOutcome {
  Outcome outcome;  // detail and parts are empty; see below
  std::string words;
  std::vector<PartitionPart> parts;
  std::map<std::string, std::vector<MilliRu>> keys;  // the charges of each
};

class SessionDriver final : public CompletionSink {
 public:
  EpollLoop& loop() { return loop_; }

  void Complete(Ticket ticket, const Outcome& outcome) override;
  void Ready(Session* session) override { ready_.push_back(session); }

  // Starts and flushes; the ticket is new.
  Ticket Start(Session& session, const Operation& operation);
  // Starts, waits for the answer, returns it. kTimedOut with the words "no completion" without one.
  KeptOutcome Run(Session& session, const Operation& operation);

  // Runs the loop until `done`; false when it took longer than the deadline.
  bool RunUntil(const std::function<bool()>& done, int64_t deadline_ns = 20'000'000'000);
  bool RunUntilCompleted(size_t completions);

  size_t completions() const { return completions_; }
  int CompletionsOf(Ticket ticket) const;
  const KeptOutcome& OutcomeOf(Ticket ticket) const { return outcomes_.at(ticket).front(); }
  const std::vector<Session*>& ready() const { return ready_; }

 private:
  EpollLoop loop_;
  Ticket last_ = 0;
  size_t completions_ = 0;
  std::map<Ticket, std::vector<KeptOutcome>> outcomes_;
  std::vector<Session*> ready_;
};

}  // namespace weir
