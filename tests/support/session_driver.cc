#include "tests/support/session_driver.h"

#include <algorithm>

#include "base/clock.h"

namespace weir {

void SessionDriver::Complete(Ticket ticket, const Outcome& outcome) {
  KeptOutcome kept{
      outcome, std::string(outcome.detail), {outcome.parts.begin(), outcome.parts.end()}, {}};
  for (const KeyPart& part : outcome.keys) kept.keys[std::string(part.key)].push_back(part.charge);
  kept.outcome.detail = {};
  kept.outcome.keys = {};
  kept.outcome.parts = {};
  outcomes_[ticket].push_back(kept);
  ++completions_;
}

Ticket SessionDriver::Start(Session& session, const Operation& operation) {
  const Ticket ticket = ++last_;
  session.Start(operation, ticket);
  session.Flush();
  return ticket;
}

KeptOutcome SessionDriver::Run(Session& session, const Operation& operation) {
  if (!RunUntil([&session] { return session.Capacity() > 0; })) {
    return {Outcome{}, "no capacity", {}, {}};
  }
  const Ticket ticket = Start(session, operation);
  if (RunUntil([this, ticket] { return CompletionsOf(ticket) > 0; })) return OutcomeOf(ticket);
  Outcome none;
  none.verdict = Verdict::kTimedOut;
  return {none, "no completion", {}, {}};
}

bool SessionDriver::RunUntil(const std::function<bool()>& done, int64_t deadline_ns) {
  const int64_t deadline = loop_.Now() + deadline_ns;
  while (!done()) {
    const int64_t now = loop_.Now();
    if (now >= deadline) return false;
    loop_.RunOnce(std::min(deadline, now + 20 * kNsPerMs));
  }
  return true;
}

bool SessionDriver::RunUntilCompleted(size_t completions) {
  return RunUntil([this, completions] { return completions_ >= completions; });
}

int SessionDriver::CompletionsOf(Ticket ticket) const {
  const auto found = outcomes_.find(ticket);
  return found == outcomes_.end() ? 0 : static_cast<int>(found->second.size());
}

}  // namespace weir
