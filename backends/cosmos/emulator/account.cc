#include "backends/cosmos/emulator/account.h"

#include <simdjson.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/json_text.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

std::string BigEndian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
  return bytes;
}

absl::Status NoDatabase(std::string_view id) {
  return absl::NotFoundError(absl::StrCat("there is no database ", JsonString(id)));
}

constexpr int kLeastThroughput = 400;
constexpr int kLeastAutoscale = 1000;
constexpr int kMostThroughput = 100'000'000;
constexpr int kAutoscalePerPartition = 10'000;

}  // namespace

std::string EncodeRid(std::string_view bytes) {
  std::string rid = absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
  std::replace(rid.begin(), rid.end(), '/', '-');
  return rid;
}

std::string Account::Json(std::string_view id, const Database& database) {
  const std::string rid = EncodeRid(database.rid_bytes);
  return absl::StrCat(R"({"id":)", JsonString(id), R"(,"_rid":")", rid, R"(","_self":"dbs/)", rid,
                      R"(/","_etag":"\"00000000-0000-0000-0000-000000000001\"",)",
                      R"("_colls":"colls/","_users":"users/","_ts":)", database.created, "}");
}

absl::StatusOr<std::string> Account::CreateDatabase(std::string_view id) {
  if (id.empty() || id.size() > 255 || id.find_first_of("/\\?#") != std::string_view::npos) {
    return absl::InvalidArgumentError("a database's id has 1 to 255 characters, none of / \\ ? #");
  }
  const std::unique_lock lock(mutex_);
  const auto [place, made] = databases_.try_emplace(std::string(id));
  if (!made) return absl::AlreadyExistsError("there is a database of this id already");
  place->second.rid_bytes = BigEndian(next_database_++);
  place->second.created = static_cast<uint32_t>(WallUnixNs() / kNsPerSecond);
  return Json(id, place->second);
}

absl::StatusOr<std::string> Account::DatabaseJson(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = databases_.find(id);
  if (found == databases_.end()) return NoDatabase(id);
  return Json(id, found->second);
}

std::string Account::DatabasesJson() const {
  const std::shared_lock lock(mutex_);
  std::string json = R"({"_rid":"","Databases":[)";
  const char* separator = "";
  for (const auto& [id, database] : databases_) {
    absl::StrAppend(&json, separator, Json(id, database));
    separator = ",";
  }
  absl::StrAppend(&json, R"(],"_count":)", databases_.size(), "}");
  return json;
}

absl::Status Account::DeleteDatabase(std::string_view id) {
  Database last_of_it;  // freed without the lock
  const std::unique_lock lock(mutex_);
  const auto found = databases_.find(id);
  if (found == databases_.end()) return NoDatabase(id);
  last_of_it = std::move(found->second);
  databases_.erase(found);
  return absl::OkStatus();
}

absl::StatusOr<Throughput> Account::Provision(const ThroughputRequest& request) const {
  Throughput throughput{.per_second = default_throughput_};
  if (!request.autopilot.empty()) {
    simdjson::dom::parser parser;
    int64_t most = 0;
    const auto error =
        parser.parse(request.autopilot.data(), request.autopilot.size())["maxThroughput"].get(most);
    if (error != simdjson::SUCCESS || most < kLeastAutoscale || most % 1000 != 0 ||
        most > kMostThroughput) {
      return absl::InvalidArgumentError("maxThroughput must be a multiple of 1000, at least 1000");
    }
    throughput = {static_cast<int>(most), true, 1};
  } else if (!request.manual.empty()) {
    const absl::string_view text(request.manual.data(), request.manual.size());
    if (!absl::SimpleAtoi(text, &throughput.per_second) ||
        throughput.per_second < kLeastThroughput || throughput.per_second > kMostThroughput) {
      return absl::InvalidArgumentError("the throughput must be a number of at least 400 RU/s");
    }
  }
  const int each = throughput.autoscale ? kAutoscalePerPartition : throughput_per_partition_;
  throughput.partitions = std::max(1, (throughput.per_second + each - 1) / each);
  return throughput;
}

absl::StatusOr<std::shared_ptr<Container>> Account::CreateContainer(
    std::string_view database, std::string_view json, const ThroughputRequest& request) {
  WEIR_ASSIGN_OR_RETURN(const Throughput throughput, Provision(request));
  const std::unique_lock lock(mutex_);
  const auto found = databases_.find(database);
  if (found == databases_.end()) return NoDatabase(database);
  ResourceIds ids;
  ids.database_id = database;
  ids.database_rid = EncodeRid(found->second.rid_bytes);
  ids.rid_bytes = found->second.rid_bytes + BigEndian(0x80000000U | next_container_++);
  ids.rid = EncodeRid(ids.rid_bytes);
  WEIR_ASSIGN_OR_RETURN(auto container,
                        Container::Create(json, std::move(ids), throughput, throttle_, charges_));
  if (!found->second.containers.try_emplace(container->id(), container).second) {
    return absl::AlreadyExistsError("there is a container of this id already");
  }
  return container;
}

absl::Status Account::DeleteContainer(std::string_view database, std::string_view id) {
  std::shared_ptr<Container> last_of_it;  // freed without the lock
  const std::unique_lock lock(mutex_);
  const auto found = databases_.find(database);
  if (found == databases_.end()) return NoDatabase(database);
  const auto container = found->second.containers.find(id);
  if (container == found->second.containers.end()) {
    return absl::NotFoundError("there is no such container");
  }
  last_of_it = std::move(container->second);
  found->second.containers.erase(container);
  return absl::OkStatus();
}

std::shared_ptr<Container> Account::Find(std::string_view database, std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = databases_.find(database);
  if (found == databases_.end()) return nullptr;
  const auto container = found->second.containers.find(id);
  return container == found->second.containers.end() ? nullptr : container->second;
}

absl::StatusOr<std::string> Account::ContainersJson(std::string_view database) const {
  const std::shared_lock lock(mutex_);
  const auto found = databases_.find(database);
  if (found == databases_.end()) return NoDatabase(database);
  std::string json = absl::StrCat(R"({"_rid":")", EncodeRid(found->second.rid_bytes),
                                  R"(","DocumentCollections":[)");
  const char* separator = "";
  for (const auto& [id, container] : found->second.containers) {
    absl::StrAppend(&json, separator, container->Json());
    separator = ",";
  }
  absl::StrAppend(&json, R"(],"_count":)", found->second.containers.size(), "}");
  return json;
}

std::vector<std::shared_ptr<Container>> Account::Containers() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<Container>> all;
  for (const auto& [id, database] : databases_) {
    for (const auto& [name, container] : database.containers) all.push_back(container);
  }
  return all;
}

}  // namespace weir::cosmos::emulator
