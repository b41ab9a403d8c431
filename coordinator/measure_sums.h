// Adds up, over the measure phase, what its seconds tell of the database: use of each physical
// partition, what the database's processes took. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "coordinator/kept_seconds.h"
#include "coordinator/stage_merge.h"
#include "proto/campaign.pb.h"
#include "proto/results.pb.h"

namespace weir {

class MeasureSums {
 public:
  static MeasureSums Of(const v1::Scenario& scenario);

  // Seconds of the stage. What is answered after the phase's end still belongs to its operations;
  // what processes take then does not.
  MeasureSums(uint32_t first_second, uint32_t end_second)
      : first_second_(first_second), end_second_(end_second) {}

  void Add(const MergedSecond& second);
  void Add(const v1::Interval& second);

  // After the leg's spans are final. Where the phase turned out to begin later than planned, its
  // seconds are read back and added up again.
  void Record(KeptSeconds& kept, v1::Leg* leg) const;

 private:
  void Add(uint32_t second, const v1::PartitionUse& use);
  void Add(uint32_t second, const v1::ProcessSample& sample);

  uint32_t first_second_;
  uint32_t end_second_;
  std::map<int32_t, v1::PartitionUse> partitions_;
  std::map<std::pair<uint32_t, std::string>, v1::ProcessSample> processes_;  // by agent and name
};

}  // namespace weir
