// A container: its definition, its throughput and its physical partitions. Shared by requests in
// flight; any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "backends/cosmos/emulator/charge.h"
#include "backends/cosmos/emulator/container_definition.h"
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

  // Makes it what the body of a PUT says; items stay, and what is known of their index is counted
  // anew. if_match: the etag that the container must have; empty for any. kInvalidArgument for what
  // cannot change, kFailedPrecondition for another etag.
  absl::Status Replace(std::string_view json, std::string_view if_match);

  // As it is now. Earlier ones live as long as the container: requests in flight read them.
  const ContainerDefinition& definition() const { return *definition_.load(); }
  const std::string& id() const { return definition().id(); }
  const ResourceIds& ids() const { return ids_; }
  const Throughput& throughput() const { return throughput_; }
  const IndexingPolicy& policy() const { return definition().policy(); }
  const std::vector<PropertyPath>& key_paths() const { return definition().key_paths(); }
  const SystemProperties& properties() const { return properties_; }
  const ChargeModel& charges() const { return charges_; }

  // "dbs/…/colls/…/", by rids: names the container in offers.
  std::string Self() const;
  std::string OfferRid() const;

  absl::Span<const std::unique_ptr<Partition>> partitions() const { return partitions_; }
  Partition& PartitionFor(const EffectivePartitionKey& key) const;
  Partition* PartitionById(std::string_view id) const;  // null when there is none

  std::string Etag() const;  // quotes included

  // JSON of the container, of its ranges and of its offer, as the service shows them.
  std::string Json() const;
  std::string RangesJson() const;
  std::string OfferJson() const;

  // The EPK of a document's own key.
  EffectivePartitionKey KeyOf(const DocumentView& document) const {
    return HashPartitionKey(absl::MakeConstSpan(document.key, key_paths().size()));
  }

 private:
  Container(ResourceIds ids, const Throughput& throughput, const ChargeModel& charges,
            std::unique_ptr<const ContainerDefinition> definition);
  void MakePartitions(bool throttle);

  ResourceIds ids_;
  Throughput throughput_;
  ChargeModel charges_;
  SystemProperties properties_;
  const uint32_t created_;
  std::mutex replace_mutex_;  // one replacement at a time
  std::vector<std::unique_ptr<const ContainerDefinition>> definitions_;  // guarded by it
  std::atomic<const ContainerDefinition*> definition_;                   // the last of them
  std::atomic<uint32_t> version_ = 1;                                    // of the definition
  std::atomic<uint32_t> changed_;  // when it was made, seconds since 1970
  std::vector<std::unique_ptr<Partition>> partitions_;
};

}  // namespace weir::cosmos::emulator
