#include "agent/observer_thread.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/random.h"

namespace weir {
namespace {

v1::NamedCount ToProto(const ObservedCount& count) {
  v1::NamedCount named;
  named.set_group(count.group);
  named.set_name(count.name);
  named.set_value(count.value);
  named.set_unit(count.unit);
  return named;
}

}  // namespace

v1::Evidence ToEvidence(const ObservedFacts& facts) {
  v1::Evidence evidence;
  for (const ObservedCount& wait : facts.waits) *evidence.add_waits() = ToProto(wait);
  for (const ObservedCount& counter : facts.counters) *evidence.add_counters() = ToProto(counter);
  evidence.set_wait_samples(facts.wait_samples);
  for (const ObservedEvent& event : facts.events) {
    v1::ServerEvent* seen = evidence.add_events();
    seen->set_second(event.second);
    seen->set_what(event.what);
  }
  *evidence.mutable_gaps() = {facts.gaps.begin(), facts.gaps.end()};
  return evidence;
}

ObserverThread::ObserverThread(Backend& backend, const ObservedSpan& span) : span_(span) {
  auto observer = backend.Observe();
  if (observer.ok()) {
    observer_ = *std::move(observer);
  } else {
    gaps_.push_back("watching the database: " + std::string(observer.status().message()));
  }
}

ObserverThread::~ObserverThread() { Finish(); }

void ObserverThread::AddGaps(std::vector<std::string> gaps) {
  gaps_.insert(gaps_.end(), gaps.begin(), gaps.end());
}

void ObserverThread::Start(int64_t start_ns) {
  start_ns_ = start_ns;
  if (observer_ != nullptr) thread_ = std::thread([this] { Watch(); });
}

v1::Evidence ObserverThread::Finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  facts_.gaps.insert(facts_.gaps.begin(), gaps_.begin(), gaps_.end());
  gaps_.clear();
  return ToEvidence(facts_);
}

void ObserverThread::Watch() {
  if (!SleepUntil(start_ns_ + span_.begin_ns)) return;
  observer_->Begin(SecondOf(MonotonicNs()));
  const int64_t end_ns = start_ns_ + span_.end_ns;
  while (true) {
    const int64_t next_ns = NextSampleNs(MonotonicNs());
    if (!SleepUntil(std::min(next_ns, end_ns)) || next_ns >= end_ns) break;
    observer_->Sample(SecondOf(MonotonicNs()));
  }
  facts_ = observer_->Conclude();
}

bool ObserverThread::SleepUntil(int64_t time_ns) {
  std::unique_lock lock(mutex_);
  const int64_t left_ns = time_ns - MonotonicNs();
  return !changed_.wait_for(lock, std::chrono::nanoseconds(left_ns), [this] { return stopping_; });
}

// One in each period, somewhere within it: samples at fixed times could fall into step with what
// the database or the schedule does every second.
int64_t ObserverThread::NextSampleNs(int64_t after_ns) const {
  int64_t period = (after_ns - start_ns_) / span_.period_ns;
  const auto sample_ns = [&] {
    const double part = Unit(Draw(/*key=*/0, static_cast<uint64_t>(period)));
    return start_ns_ + period * span_.period_ns +
           static_cast<int64_t>(part * static_cast<double>(span_.period_ns));
  };
  if (sample_ns() <= after_ns) ++period;
  return sample_ns();
}

uint32_t ObserverThread::SecondOf(int64_t time_ns) const {
  return static_cast<uint32_t>(std::max<int64_t>(0, time_ns - start_ns_) / kNsPerSecond);
}

}  // namespace weir
