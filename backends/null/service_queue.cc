#include "backends/null/service_queue.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/random.h"

namespace weir {

ServiceQueue::ServiceQueue(const ServiceSettings& settings, EventLoop& loop)
    : settings_(settings), loop_(loop), free_ns_(settings.servers, INT64_MIN) {}

ServiceQueue::~ServiceQueue() { loop_.Cancel(timer_); }

int64_t ServiceQueue::ServiceNs() const {
  if (settings_.law == v1::SERVICE_LAW_FIXED) return settings_.mean_ns;
  const double standard = -std::log1p(-Unit(Draw(settings_.key, entered_)));
  return static_cast<int64_t>(standard * static_cast<double>(settings_.mean_ns));
}

void ServiceQueue::Enter(const Session* session, CompletionSink& sink, Ticket ticket,
                         const Outcome& outcome) {
  int64_t begin_ns = loop_.Now();
  if (!free_ns_.empty()) begin_ns = std::max(begin_ns, free_ns_.front());
  const int64_t done_ns = begin_ns + ServiceNs();
  if (!free_ns_.empty()) {
    std::pop_heap(free_ns_.begin(), free_ns_.end(), std::greater<>());
    free_ns_.back() = done_ns;
    std::push_heap(free_ns_.begin(), free_ns_.end(), std::greater<>());
  }
  entries_.push_back({done_ns, entered_++, session, &sink, ticket, outcome});
  std::push_heap(entries_.begin(), entries_.end());
  Arm();
}

// The oldest is what gets abandoned mostly, and lies near the front.
void ServiceQueue::Abandon(const Session* session, Ticket ticket) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.session == session && entry.ticket == ticket && entry.sink != nullptr;
  });
  if (found != entries_.end()) found->sink = nullptr;
}

void ServiceQueue::AbandonAll(const Session* session) {
  for (Entry& entry : entries_) {
    if (entry.session == session) entry.sink = nullptr;
  }
}

void ServiceQueue::Arm() {
  const int64_t next_ns = entries_.front().done_ns;
  if (timer_ != 0 && armed_ns_ == next_ns) return;
  loop_.Cancel(timer_);
  armed_ns_ = next_ns;
  timer_ = loop_.Schedule(next_ns, this);
}

void ServiceQueue::OnTimer() {
  timer_ = 0;
  const int64_t now_ns = loop_.Now();
  while (!entries_.empty() && entries_.front().done_ns <= now_ns) {
    std::pop_heap(entries_.begin(), entries_.end());
    const Entry done = entries_.back();
    entries_.pop_back();
    if (done.sink != nullptr) done.sink->Complete(done.ticket, done.outcome);
  }
  if (!entries_.empty()) Arm();
}

}  // namespace weir
