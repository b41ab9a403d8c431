// What a scenario will cost on a Cosmos DB target, by the emulator's charge model and a sample of
// the records: modelled request units, not Azure's meter. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "generators/dataset.h"
#include "generators/operation_plan.h"
#include "proto/campaign.pb.h"

namespace weir {

class CosmosEstimate {
 public:
  // `records`: of the campaign. Samples at most 100,000 of them; `dataset` need not outlive this.
  CosmosEstimate(const v1::CosmosTarget& target, const Dataset& dataset, uint64_t records,
                 uint64_t seed);

  // Request units of one operation, on average.
  double InsertRu(uint64_t records) const;
  double OperationRu(const OperationType& type) const;

  uint32_t provisioned() const { return throughput_; }
  int partitions() const { return partitions_; }
  // Share of the records that lies in the fullest physical partition; 1 ÷ partitions would be even.
  double busiest_share() const { return busiest_share_; }
  // RU/s that the container can really take when requests spread like the records.
  double UsableRu() const { return throughput_ / (partitions_ * busiest_share_); }

 private:
  struct QueryRu {
    std::string query;
    double ru;
  };

  std::vector<QueryRu> queries_;
  double read_ru_ = 0;
  double insert_ru_ = 0;
  double replace_ru_ = 0;
  uint32_t throughput_;
  int partitions_;
  double busiest_share_ = 1;
};

}  // namespace weir
