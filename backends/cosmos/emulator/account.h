// Databases and their containers. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/container.h"
#include "backends/cosmos/emulator/offer.h"
#include "backends/cosmos/emulator/shared_throughput.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {

struct AccountSettings {
  int default_throughput = 400;         // RU/s of containers created without one
  int throughput_per_partition = 6000;  // manual; of new containers and databases
  bool throttle = true;
  bool serverless = false;  // no offers: what a partition gives is fixed
  bool burst = false;       // burst capacity
  int64_t split_delay_ns = 10 * kNsPerSecond;
  uint64_t partition_bytes = 50'000'000'000;
};

inline constexpr int kServerlessThroughput = 5000;  // RU/s of a container

class Account {
 public:
  Account(const AccountSettings& settings, const ChargeModel& charges)
      : settings_(settings), charges_(charges) {}

  const AccountSettings& settings() const { return settings_; }

  // kAlreadyExists; the JSON of what was made otherwise. With a throughput, its containers without
  // one share it.
  absl::StatusOr<std::string> CreateDatabase(std::string_view id,
                                             const ThroughputRequest& throughput);
  absl::StatusOr<std::string> DatabaseJson(std::string_view id) const;
  std::string DatabasesJson() const;
  absl::Status DeleteDatabase(std::string_view id);

  absl::StatusOr<std::shared_ptr<Container>> CreateContainer(std::string_view database,
                                                             std::string_view json,
                                                             const ThroughputRequest& throughput);
  absl::Status DeleteContainer(std::string_view database, std::string_view id);
  // By ids, or by rids when there is no database of that id. Null when there is none.
  std::shared_ptr<Container> Find(std::string_view database, std::string_view id) const;
  absl::StatusOr<std::string> ContainersJson(std::string_view database) const;

  // The numbers that rids are made of: those that the next database and the next container get.
  std::pair<uint32_t, uint32_t> next_rids() const;
  void set_next_rids(uint32_t database, uint32_t container);
  // From now on containers record to the sink, those that there are and those to come.
  void RecordTo(JournalSink* sink);

  // Every container, of every database.
  std::vector<std::shared_ptr<Container>> Containers() const;
  // Every offer, of databases and containers.
  std::vector<std::shared_ptr<Offer>> Offers() const;

 private:
  struct Database {
    std::string rid_bytes;
    uint32_t created = 0;
    std::shared_ptr<SharedThroughput> shared;  // null when it has no throughput
    std::map<std::string, std::shared_ptr<Container>, std::less<>> containers;
  };

  static std::string Json(std::string_view id, const Database& database);
  absl::StatusOr<std::optional<Throughput>> Parse(const ThroughputRequest& request) const;
  Provision ProvisionOf(const Database& database, std::optional<Throughput> asked) const;
  std::shared_ptr<Container> FindByRid(std::string_view rid) const;

  const AccountSettings settings_;
  const ChargeModel charges_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Database, std::less<>> databases_;  // guarded by mutex_, as all below
  JournalSink* sink_ = nullptr;
  uint32_t next_database_ = 1;
  uint32_t next_container_ = 1;
};

// base64 as rids are written: '-' for '/'.
std::string EncodeRid(std::string_view bytes);

}  // namespace weir::cosmos::emulator
