// Databases and their containers. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/container.h"

namespace weir::cosmos::emulator {

class Account {
 public:
  Account(int default_throughput, int throughput_per_partition, bool throttle,
          const ChargeModel& charges)
      : default_throughput_(default_throughput),
        throughput_per_partition_(throughput_per_partition),
        throttle_(throttle),
        charges_(charges) {}

  // kAlreadyExists; the JSON of what was made otherwise.
  absl::StatusOr<std::string> CreateDatabase(std::string_view id);
  absl::StatusOr<std::string> DatabaseJson(std::string_view id) const;
  std::string DatabasesJson() const;
  absl::Status DeleteDatabase(std::string_view id);

  // What the throughput headers of a request that creates a container ask for; empty when not sent.
  struct ThroughputRequest {
    std::string_view manual;     // "12000"
    std::string_view autopilot;  // {"maxThroughput":4000}
  };
  absl::StatusOr<std::shared_ptr<Container>> CreateContainer(std::string_view database,
                                                             std::string_view json,
                                                             const ThroughputRequest& throughput);
  absl::Status DeleteContainer(std::string_view database, std::string_view id);
  std::shared_ptr<Container> Find(std::string_view database, std::string_view id) const;
  absl::StatusOr<std::string> ContainersJson(std::string_view database) const;

  // Every container, of every database.
  std::vector<std::shared_ptr<Container>> Containers() const;

 private:
  struct Database {
    std::string rid_bytes;
    uint32_t created = 0;
    std::map<std::string, std::shared_ptr<Container>, std::less<>> containers;
  };

  static std::string Json(std::string_view id, const Database& database);
  absl::StatusOr<Throughput> Provision(const ThroughputRequest& request) const;

  const int default_throughput_;
  const int throughput_per_partition_;
  const bool throttle_;
  const ChargeModel charges_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Database, std::less<>> databases_;  // guarded by mutex_, as all below
  uint32_t next_database_ = 1;
  uint32_t next_container_ = 1;
};

// base64 as rids are written: '-' for '/'.
std::string EncodeRid(std::string_view bytes);

}  // namespace weir::cosmos::emulator
