#include "backends/cosmos/emulator/account.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/emulator/wall_clock.h"
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

absl::StatusOr<std::string> Account::CreateDatabase(std::string_view id,
                                                    const ThroughputRequest& request) {
  if (id.empty() || id.size() > 255 || id.find_first_of("/\\?#") != std::string_view::npos) {
    return absl::InvalidArgumentError("a database's id has 1 to 255 characters, none of / \\ ? #");
  }
  WEIR_ASSIGN_OR_RETURN(const std::optional<Throughput> throughput, Parse(request));
  const std::unique_lock lock(mutex_);
  const auto [place, made] = databases_.try_emplace(std::string(id));
  if (!made) return absl::AlreadyExistsError("there is a database of this id already");
  place->second.rid_bytes = BigEndian(next_database_++);
  place->second.created = NowSeconds();
  if (throughput) {
    const std::string& rid_bytes = place->second.rid_bytes;
    const std::string rid = EncodeRid(rid_bytes);
    place->second.shared = std::make_shared<SharedThroughput>(
        Offer::Identity{OfferRid(rid_bytes), absl::StrCat("dbs/", rid, "/"), rid}, *throughput,
        settings_.split_delay_ns, settings_.throttle);
  }
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

absl::StatusOr<std::optional<Throughput>> Account::Parse(const ThroughputRequest& request) const {
  if (settings_.serverless && !request.IsEmpty()) {
    return absl::InvalidArgumentError(
        "Setting offer throughput or autopilot on container is not supported for serverless "
        "accounts.");
  }
  return ParseThroughput(request, settings_.throughput_per_partition);
}

Provision Account::ProvisionOf(const Database& database, std::optional<Throughput> asked) const {
  Provision provision{.throttle = settings_.throttle,
                      .burst = settings_.burst,
                      .split_delay_ns = settings_.split_delay_ns,
                      .partition_bytes = settings_.partition_bytes};
  if (settings_.serverless) {
    provision.throughput.per_second = kServerlessThroughput;
    provision.has_offer = false;
    provision.burst = false;
  } else if (asked) {
    provision.throughput = *asked;
  } else if (database.shared != nullptr) {
    provision.throughput = database.shared->offer().applied();
    provision.has_offer = false;
    provision.shared = database.shared->bucket();
  } else {
    const int each = settings_.throughput_per_partition;
    provision.throughput.per_second = settings_.default_throughput;
    provision.throughput.partitions = (settings_.default_throughput + each - 1) / each;
  }
  return provision;
}

absl::StatusOr<std::shared_ptr<Container>> Account::CreateContainer(
    std::string_view database, std::string_view json, const ThroughputRequest& request) {
  WEIR_ASSIGN_OR_RETURN(const std::optional<Throughput> asked, Parse(request));
  const std::unique_lock lock(mutex_);
  const auto found = databases_.find(database);
  if (found == databases_.end()) return NoDatabase(database);
  ResourceIds ids;
  ids.database_id = database;
  ids.database_rid = EncodeRid(found->second.rid_bytes);
  ids.rid_bytes = found->second.rid_bytes + BigEndian(0x80000000U | next_container_++);
  ids.rid = EncodeRid(ids.rid_bytes);
  const Provision provision = ProvisionOf(found->second, asked);
  WEIR_ASSIGN_OR_RETURN(auto container,
                        Container::Create(json, std::move(ids), provision, charges_));
  if (!found->second.containers.try_emplace(container->id(), container).second) {
    return absl::AlreadyExistsError("there is a container of this id already");
  }
  if (provision.shared) found->second.shared->Add(container);
  if (sink_ != nullptr) container->RecordTo(sink_);
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
  if (found == databases_.end()) return FindByRid(id);
  const auto container = found->second.containers.find(id);
  return container == found->second.containers.end() ? nullptr : container->second;
}

// A container's rid names its database, too.
std::shared_ptr<Container> Account::FindByRid(std::string_view rid) const {
  for (const auto& [id, database] : databases_) {
    for (const auto& [name, container] : database.containers) {
      if (container->ids().rid == rid) return container;
    }
  }
  return nullptr;
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

std::pair<uint32_t, uint32_t> Account::next_rids() const {
  const std::shared_lock lock(mutex_);
  return {next_database_, next_container_};
}

void Account::set_next_rids(uint32_t database, uint32_t container) {
  const std::unique_lock lock(mutex_);
  next_database_ = database;
  next_container_ = container;
}

void Account::RecordTo(JournalSink* sink) {
  for (const auto& container : Containers()) container->RecordTo(sink);
  const std::unique_lock lock(mutex_);
  sink_ = sink;
}

std::vector<std::shared_ptr<Container>> Account::Containers() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<Container>> all;
  for (const auto& [id, database] : databases_) {
    for (const auto& [name, container] : database.containers) all.push_back(container);
  }
  return all;
}

std::vector<std::shared_ptr<Offer>> Account::Offers() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<Offer>> all;  // each keeps its owner
  for (const auto& [id, database] : databases_) {
    if (database.shared != nullptr) {
      all.emplace_back(database.shared, &database.shared->offer());
    }
    for (const auto& [name, container] : database.containers) {
      if (container->offer() != nullptr) all.emplace_back(container, container->offer());
    }
  }
  return all;
}

}  // namespace weir::cosmos::emulator
