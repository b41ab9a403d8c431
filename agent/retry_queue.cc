#include "agent/retry_queue.h"

#include <algorithm>

#include "base/random.h"

namespace weir {
namespace {

// After a move: 2 ms, 4 ms, … until two seconds have passed.
constexpr int64_t kFirstMoveWaitNs = 2'000'000;
constexpr uint32_t kMostMoves = 10;

}  // namespace

bool RetryQueue::Add(Ticket ticket, const Tried& tried, const Outcome& outcome, int64_t now_ns) {
  const bool throttled = outcome.verdict == Verdict::kThrottled;
  if (!outcome.retryable && !throttled) return false;
  if (outcome.moved && Follow(ticket, tried.moves, now_ns)) return true;
  const uint32_t counted = tried.attempts - *tried.moves;
  if (counted >= (throttled ? settings_.throttled_attempts : settings_.attempts)) return false;
  waiting_.push({now_ns + WaitNs(tried.attempts, outcome), ticket});
  return true;
}

// Data that have moved, as when a partition is split, are no fault of the database: the attempt is
// counted, and another made whatever the policy says. The policy takes over when it does not end.
bool RetryQueue::Follow(Ticket ticket, uint32_t* moves, int64_t now_ns) {
  if (*moves == kMostMoves) return false;
  waiting_.push({now_ns + (kFirstMoveWaitNs << *moves), ticket});
  ++*moves;
  return true;
}

int64_t RetryQueue::WaitNs(uint32_t attempt, const Outcome& outcome) {
  const double unit = Unit(Draw(settings_.seed, ++draws_));
  if (outcome.verdict == Verdict::kThrottled && settings_.obey_retry_after &&
      outcome.retry_after_ns > 0) {
    return outcome.retry_after_ns + static_cast<int64_t>(unit * settings_.base_ns);
  }
  const int64_t widest = settings_.base_ns << std::min<uint32_t>(attempt, 20);
  return static_cast<int64_t>(unit * std::min(settings_.cap_ns, widest));
}

Ticket RetryQueue::Take() {
  const Ticket ticket = waiting_.top().ticket;
  waiting_.pop();
  return ticket;
}

}  // namespace weir
