#include "base/timer_queue.h"

namespace weir {

TimerId TimerQueue::Schedule(int64_t at_ns, TimerHandler* handler) {
  const TimerId id = ++last_;
  handlers_.emplace(id, handler);
  entries_.push({at_ns, id});
  return id;
}

void TimerQueue::Cancel(TimerId timer) { handlers_.erase(timer); }

void TimerQueue::DropCancelled() {
  while (!entries_.empty() && !handlers_.contains(entries_.top().id)) entries_.pop();
}

int64_t TimerQueue::NextNs() {
  DropCancelled();
  return entries_.empty() ? kNever : entries_.top().at_ns;
}

void TimerQueue::RunDue(int64_t now_ns) {
  while (NextNs() <= now_ns) {
    const TimerId id = entries_.top().id;
    entries_.pop();
    TimerHandler* handler = handlers_.extract(id).mapped();
    handler->OnTimer();
  }
}

}  // namespace weir
