#include "reports/series.h"

#include <algorithm>

#include "base/status.h"
#include "measure/samples.h"

namespace weir {
namespace {

double LoadSeconds(const v1::Leg& leg) {
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() == v1::PHASE_LOAD) return static_cast<double>(span.duration_ns()) / 1e9;
  }
  return 0;
}

// Collects seconds into points and hands each one over when a later one begins.
class PointMerger {
 public:
  PointMerger(const v1::Leg& leg, uint32_t width, absl::FunctionRef<void(const SeriesPoint&)> visit)
      : load_seconds_(LoadSeconds(leg)), width_(width), visit_(visit) {}

  absl::Status Add(v1::Phase stage, const v1::Interval& interval) {
    if (stage != point_.stage) StartStage(stage);
    const uint32_t first = interval.second() / width_ * width_;
    while (point_.second < first) Next();
    for (const v1::OperationInterval& operation : interval.operations()) {
      WEIR_RETURN_IF_ERROR(At(operation.operation()).Add(operation.tally()));
    }
    AddSamples(interval);
    return absl::OkStatus();
  }

  void Flush() {
    if (point_.stage == v1::PHASE_UNSPECIFIED) return;
    point_.seconds = Covered();
    visit_(point_);
  }

 private:
  void StartStage(v1::Phase stage) {
    Flush();
    Clear();
    point_.stage = stage;
    point_.second = 0;
  }

  void Next() {
    Flush();
    Clear();
    point_.second += width_;
  }

  void Clear() {
    for (Tally& tally : point_.operations) tally.Clear();
    point_.partitions.clear();
    point_.resources.clear();
    point_.processes.clear();
  }

  void AddSamples(const v1::Interval& interval) {
    for (const v1::PartitionUse& use : interval.partitions()) {
      AddUse(use, &point_.partitions[use.partition()]);
    }
    for (const v1::ResourceSample& sample : interval.resources()) {
      AddSample(sample, &point_.resources[sample.agent()]);
    }
    for (const v1::ProcessSample& sample : interval.processes()) {
      AddSample(sample, &point_.processes[{sample.agent(), sample.name()}]);
    }
  }

  Tally& At(uint32_t operation) {
    if (operation >= point_.operations.size()) point_.operations.resize(operation + 1);
    return point_.operations[operation];
  }

  // A load ends within a second; what was written then was written in less than `width`.
  double Covered() const {
    const double left = load_seconds_ - point_.second;
    if (point_.stage != v1::PHASE_LOAD || left <= 0) return width_;
    return std::min(left, static_cast<double>(width_));
  }

  const double load_seconds_;
  const uint32_t width_;
  absl::FunctionRef<void(const SeriesPoint&)> visit_;
  SeriesPoint point_ = {v1::PHASE_UNSPECIFIED, 0, 0, {}, {}, {}, {}};
};

}  // namespace

absl::Status ForEachPoint(const ResultsStore& store, const std::string& run_id, const v1::Leg& leg,
                          uint32_t width, absl::FunctionRef<void(const SeriesPoint&)> visit) {
  PointMerger merger(leg, width, visit);
  WEIR_RETURN_IF_ERROR(store.ForEachInterval(
      run_id, leg.index(),
      [&](v1::Phase stage, const v1::Interval& interval) { return merger.Add(stage, interval); }));
  merger.Flush();
  return absl::OkStatus();
}

absl::StatusOr<uint32_t> WidthFor(const ResultsStore& store, const std::string& run_id,
                                  const v1::Leg& leg, uint32_t most) {
  uint32_t last = 0;
  WEIR_RETURN_IF_ERROR(
      store.ForEachInterval(run_id, leg.index(), [&](v1::Phase, const v1::Interval& interval) {
        last = std::max(last, interval.second());
        return absl::OkStatus();
      }));
  return last / most + 1;
}

}  // namespace weir
