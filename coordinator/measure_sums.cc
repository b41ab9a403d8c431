#include "coordinator/measure_sums.h"

#include "base/clock.h"
#include "measure/samples.h"

namespace weir {
MeasureSums MeasureSums::Of(const v1::Scenario& scenario) {
  const int64_t warm_up_ns = scenario.phases().warm_up().ns();
  const int64_t end_ns = warm_up_ns + scenario.phases().measure().ns();
  return {static_cast<uint32_t>(warm_up_ns / kNsPerSecond),
          static_cast<uint32_t>((end_ns + kNsPerSecond - 1) / kNsPerSecond)};
}

void MeasureSums::Add(uint32_t second, const v1::PartitionUse& use) {
  if (second >= first_second_) AddUse(use, &partitions_[use.partition()]);
}

void MeasureSums::Add(uint32_t second, const v1::ProcessSample& sample) {
  if (second < first_second_ || second >= end_second_) return;
  AddSample(sample, &processes_[{sample.agent(), sample.name()}]);
}

void MeasureSums::Add(const MergedSecond& second) {
  for (const auto& [number, use] : second.partitions) Add(second.second, use);
  for (const v1::ProcessSample& sample : second.processes) Add(second.second, sample);
}

void MeasureSums::Add(const v1::Interval& second) {
  for (const v1::PartitionUse& use : second.partitions()) Add(second.second(), use);
  for (const v1::ProcessSample& sample : second.processes()) Add(second.second(), sample);
}

void MeasureSums::Record(KeptSeconds& kept, v1::Leg* leg) const {
  MeasureSums sums = *this;
  if (const uint32_t cut = leg->steadiness().cut_seconds(); cut > 0) {
    MeasureSums later(first_second_ + cut, end_second_);
    const absl::Status read = kept.ReadBack(*leg, [&](v1::Phase stage, const v1::Interval& second) {
      if (stage != v1::PHASE_LOAD) later.Add(second);
      return absl::OkStatus();
    });
    if (read.ok()) sums = std::move(later);
  }
  for (const auto& [number, use] : sums.partitions_) *leg->add_partitions() = use;
  for (const auto& [key, sample] : sums.processes_) *leg->add_processes() = sample;
}

}  // namespace weir
