// A container: its definition, its throughput and its physical partitions. Immutable but for what
// the partitions guard themselves; shared by requests in flight.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "backends/cosmos/emulator/charge.h"
#include "backends/cosmos/emulator/indexing_policy.h"
#include "backends/cosmos/emulator/partition.h"
#include "backends/cosmos/emulator/stored_document.h"

namespace weir::cosmos::emulator {

struct ResourceIds {
  std::string database_rid;  // base64 of 4 bytes
  std::string rid;           // base64 of 8 bytes
  std::string rid_bytes;
  std::string database_id;
};

struct Throughput {
  int per_second = 400;  // RU/s; of an autoscale container its maximum
  bool autoscale = false;
  int partitions = 1;
};

class Container {
 public:
  // json: the body of the request that creates it. kInvalidArgument says what is wrong.
  static absl::StatusOr<std::shared_ptr<Container>> Create(std::string_view json, ResourceIds ids,
                                                           const Throughput& throughput,
                                                           bool throttle,
                                                           const ChargeModel& charges);

  const std::string& id() const { return id_; }
  const ResourceIds& ids() const { return ids_; }
  const Throughput& throughput() const { return throughput_; }
  const IndexingPolicy& policy() const { return policy_; }
  const std::vector<PropertyPath>& key_paths() const { return key_paths_; }
  const SystemProperties& properties() const { return properties_; }
  const ChargeModel& charges() const { return charges_; }

  // "dbs/…/colls/…/", by rids: names the container in offers.
  std::string Self() const;
  std::string OfferRid() const;

  absl::Span<const std::unique_ptr<Partition>> partitions() const { return partitions_; }
  Partition& PartitionFor(const EffectivePartitionKey& key) const;
  Partition* PartitionById(std::string_view id) const;  // null when there is none

  // JSON of the container, of its ranges and of its offer, as the service shows them.
  std::string Json() const;
  std::string RangesJson() const;
  std::string OfferJson() const;

  // The EPK of a document's own key.
  EffectivePartitionKey KeyOf(const DocumentView& document) const {
    return HashPartitionKey(absl::MakeConstSpan(document.key, key_paths_.size()));
  }

 private:
  Container(ResourceIds ids, const Throughput& throughput, const ChargeModel& charges);
  absl::Status Define(std::string_view json);
  void MakePartitions(bool throttle);

  std::string id_;
  ResourceIds ids_;
  Throughput throughput_;
  ChargeModel charges_;
  SystemProperties properties_;
  std::string partition_key_json_;
  std::vector<PropertyPath> key_paths_;
  IndexingPolicy policy_;
  uint32_t created_ = 0;
  std::vector<std::unique_ptr<Partition>> partitions_;
};

}  // namespace weir::cosmos::emulator
