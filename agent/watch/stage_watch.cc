#include "agent/watch/stage_watch.h"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"

namespace weir {
namespace {

uint64_t Since(uint64_t from, uint64_t to) { return to > from ? to - from : 0; }

uint64_t At(const std::vector<uint64_t>& values, size_t position) {
  return position < values.size() ? values[position] : 0;
}

void AddCores(const Moment& from, const Moment& to, const std::vector<uint32_t>& usable,
              v1::ResourceSample* sample) {
  for (const CoreTimes& core : to.system.cores) {
    const auto before = std::find_if(from.system.cores.begin(), from.system.cores.end(),
                                     [&](const CoreTimes& c) { return c.core == core.core; });
    if (before == from.system.cores.end()) continue;  // has come online meanwhile
    const uint64_t busy = Since(before->busy_ns, core.busy_ns);
    sample->set_cores(sample->cores() + 1);
    sample->set_machine_cpu_ns(sample->machine_cpu_ns() + busy);
    sample->set_steal_ns(sample->steal_ns() + Since(before->steal_ns, core.steal_ns));
    if (!usable.empty() && !std::binary_search(usable.begin(), usable.end(), core.core)) continue;
    const uint64_t spin = Since(At(from.spin_by_core, core.core), At(to.spin_by_core, core.core));
    sample->set_busiest_core_ns(std::max(sample->busiest_core_ns(), Since(spin, busy)));
  }
}

void AddWorkers(const Moment& from, const Moment& to, v1::ResourceSample* sample) {
  for (size_t w = 0; w < to.workers.size() && w < from.workers.size(); ++w) {
    const uint64_t spin = Since(from.workers[w].spin_ns, to.workers[w].spin_ns);
    const uint64_t work = Since(spin, Since(from.workers[w].cpu_ns, to.workers[w].cpu_ns));
    if (w > 0 && work <= sample->busiest_worker_cpu_ns()) continue;
    sample->set_busiest_worker_cpu_ns(work);
    sample->set_spin_ns(spin);
  }
}

// Where the machine has devices, bridges and tunnels carry the same bytes once more.
void AddLinks(const Moment& from, const Moment& to, v1::ResourceSample* sample) {
  const bool devices = std::any_of(to.system.links.begin(), to.system.links.end(),
                                   [](const Link& link) { return link.device; });
  for (const Link& link : to.system.links) {
    const auto before =
        std::find_if(from.system.links.begin(), from.system.links.end(),
                     [&](const Link& l) { return l.bytes.name == link.bytes.name; });
    if (before == from.system.links.end()) continue;
    const uint64_t sent = Since(before->bytes.sent, link.bytes.sent);
    const uint64_t received = Since(before->bytes.received, link.bytes.received);
    if (link.loopback) sample->set_loopback_bytes(sample->loopback_bytes() + sent);
    if (link.loopback || (devices && !link.device)) continue;
    sample->set_network_sent_bytes(sample->network_sent_bytes() + sent);
    sample->set_network_received_bytes(sample->network_received_bytes() + received);
    const uint64_t slowest = sample->link_bytes_per_second();
    if (sent + received == 0 || link.bytes_per_second == 0) continue;
    sample->set_link_bytes_per_second(slowest == 0 ? link.bytes_per_second
                                                   : std::min(slowest, link.bytes_per_second));
  }
}

void AddCounters(const SystemReading& from, const SystemReading& to, v1::ResourceSample* sample) {
  if (from.throttling && to.throttling) {
    sample->set_throttled_ns(Since(from.throttling->throttled_ns, to.throttling->throttled_ns));
    sample->set_throttled_periods(Since(from.throttling->periods, to.throttling->periods));
  }
  if (from.tcp && to.tcp) {
    sample->set_tcp_segments_sent(Since(from.tcp->segments_sent, to.tcp->segments_sent));
    sample->set_tcp_retransmits(Since(from.tcp->retransmits, to.tcp->retransmits));
  }
  sample->set_resident_bytes(to.process.resident_bytes);
  sample->set_threads(to.process.threads);
  sample->set_clocksource(to.clocksource);
}

uint64_t ProcessCpuNs() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<uint64_t>(time.tv_sec * kNsPerSecond + time.tv_nsec);
}

// steady_clock is CLOCK_MONOTONIC.
std::chrono::steady_clock::time_point TimePoint(int64_t at_ns) {
  return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(at_ns));
}

}  // namespace

v1::ResourceSample SampleBetween(const Moment& from, const Moment& to, const WatchdogGaps& gaps,
                                 const std::vector<uint32_t>& usable) {
  v1::ResourceSample sample;
  sample.set_span_ns(to.at_ns - from.at_ns);
  sample.set_process_cpu_ns(Since(from.process_cpu_ns, to.process_cpu_ns));
  AddWorkers(from, to, &sample);
  AddCores(from, to, usable, &sample);
  AddLinks(from, to, &sample);
  AddCounters(from.system, to.system, &sample);
  sample.set_watchdog_gap_ns(gaps.long_ns);
  sample.set_most_watchdog_gap_ns(gaps.most_ns);
  return sample;
}

std::vector<uint32_t> UsableCoreNumbers() {
  std::vector<uint32_t> numbers;
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) != 0) return numbers;
  for (uint32_t core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &cores)) numbers.push_back(core);
  }
  return numbers;
}

StageWatch::StageWatch(int64_t start_ns, uint32_t workers, std::string root)
    : start_ns_(start_ns),
      reader_(std::move(root)),
      usable_(UsableCoreNumbers()),
      uses_(workers),
      last_(Now()),
      thread_([this] { Run(); }) {}

StageWatch::~StageWatch() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Moment StageWatch::Now() const {
  Moment moment;
  moment.at_ns = MonotonicNs();
  moment.system = reader_.Read();
  moment.process_cpu_ns = ProcessCpuNs();
  for (const WorkerUse& use : uses_) {
    moment.workers.push_back({use.CpuNs(), use.SpinNs()});
    const std::vector<uint64_t> spin = use.SpinByCore();
    moment.spin_by_core.resize(std::max(moment.spin_by_core.size(), spin.size()));
    for (size_t core = 0; core < spin.size(); ++core) moment.spin_by_core[core] += spin[core];
  }
  return moment;
}

void StageWatch::Sample(uint32_t second) {
  Moment now = Now();
  samples_[second] = SampleBetween(last_, now, watchdog_.Take(), usable_);
  last_ = std::move(now);
  next_second_ = second + 1;
}

// When the thread came late, the sample belongs to the last second that is over and says by its
// span that it covers more.
void StageWatch::Run() {
  std::unique_lock lock(mutex_);
  const auto over = [this] { return over_; };
  if (changed_.wait_until(lock, TimePoint(start_ns_), over)) return;
  if (next_second_ == 0) {
    last_ = Now();
    watchdog_.Take();
  }
  while (true) {
    const int64_t end_ns = start_ns_ + (int64_t{next_second_} + 1) * kNsPerSecond;
    if (changed_.wait_until(lock, TimePoint(end_ns), over)) return;
    const int64_t passed = (MonotonicNs() - start_ns_) / kNsPerSecond;
    if (passed > next_second_) Sample(static_cast<uint32_t>(passed) - 1);
  }
}

v1::ResourceSample StageWatch::Of(uint32_t second) {
  const std::lock_guard lock(mutex_);
  if (second >= next_second_) Sample(second);
  const auto place = samples_.find(second);
  v1::ResourceSample sample;
  if (place != samples_.end()) sample = std::move(place->second);
  samples_.erase(samples_.begin(), samples_.upper_bound(second));
  return sample;
}

}  // namespace weir
