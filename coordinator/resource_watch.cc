#include "coordinator/resource_watch.h"

#include <algorithm>

#include "coordinator/gate_table.h"
#include "measure/samples.h"

namespace weir {
namespace {

// A sample is taken a moment late or early.
constexpr int64_t kSpanToleranceNs = 200'000'000;

double ShareOf(uint64_t part, double whole) {
  return whole <= 0 ? -1 : static_cast<double>(part) / whole;
}

}  // namespace

double ResourceWatch::WorkerShare(const v1::ResourceSample& sum) {
  return ShareOf(sum.busiest_worker_cpu_ns(), static_cast<double>(sum.span_ns()));
}

double ResourceWatch::CoreShare(const v1::ResourceSample& sum) {
  return sum.cores() == 0 ? -1 : ShareOf(sum.busiest_core_ns(), static_cast<double>(sum.span_ns()));
}

// A link carries as much in each direction.
double ResourceWatch::LinkShare(const v1::ResourceSample& sum) {
  const double capacity =
      static_cast<double>(sum.link_bytes_per_second()) * (static_cast<double>(sum.span_ns()) / 1e9);
  return ShareOf(std::max(sum.network_sent_bytes(), sum.network_received_bytes()), capacity);
}

void ResourceWatch::Add(uint32_t second, const v1::ResourceSample& sample) {
  if (sample.span_ns() <= 0) return;
  if (total_.span_ns() == 0) first_second_ = second;
  last_second_ = second;
  AddSample(sample, &total_);
  if (!sample.clocksource().empty() && clocksources_.size() < kMostClocksources) {
    clocksources_.insert(sample.clocksource());
  }
  recent_.push_back({second, sample});
  int64_t span_ns = 0;
  for (const Second& kept : recent_) span_ns += kept.sample.span_ns();
  while (span_ns - recent_.front().sample.span_ns() >= kPeakSpanNs - kSpanToleranceNs) {
    span_ns -= recent_.front().sample.span_ns();
    recent_.pop_front();
  }
  if (span_ns < kPeakSpanNs - kSpanToleranceNs) return;
  Peak recent{.first_second = recent_.front().number, .last_second = second};
  for (const Second& kept : recent_) AddSample(kept.sample, &recent.sum);
  Raise(recent, WorkerShare, &worker_);
  Raise(recent, CoreShare, &core_);
  Raise(recent, LinkShare, &link_);
}

void ResourceWatch::Raise(const Peak& recent, Share share, Peak* peak) const {
  const double value = share(recent.sum);
  if (value <= peak->share) return;
  *peak = recent;
  peak->share = value;
}

Peak ResourceWatch::PeakOf(const Peak& full, Share share) const {
  if (full.known()) return full;
  return {share(total_), first_second_, last_second_, total_};
}

}  // namespace weir
