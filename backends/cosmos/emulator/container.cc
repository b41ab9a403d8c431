#include "backends/cosmos/emulator/container.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/json_text.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

using simdjson::dom::element;

absl::Status CheckId(std::string_view id) {
  if (id.empty() || id.size() > 255) {
    return absl::InvalidArgumentError("a container's id has 1 to 255 characters");
  }
  if (id.find_first_of("/\\?#") != std::string_view::npos) {
    return absl::InvalidArgumentError("an id must not contain / \\ ? or #");
  }
  return absl::OkStatus();
}

}  // namespace

Container::Container(ResourceIds ids, const Throughput& throughput, const ChargeModel& charges)
    : ids_(std::move(ids)),
      throughput_(throughput),
      charges_(charges),
      properties_(ids_.database_rid, ids_.rid, ids_.rid_bytes),
      created_(static_cast<uint32_t>(WallUnixNs() / kNsPerSecond)) {}

absl::StatusOr<std::shared_ptr<Container>> Container::Create(std::string_view json, ResourceIds ids,
                                                             const Throughput& throughput,
                                                             bool throttle,
                                                             const ChargeModel& charges) {
  std::shared_ptr<Container> container(new Container(std::move(ids), throughput, charges));
  WEIR_RETURN_IF_ERROR(container->Define(json));
  container->MakePartitions(throttle);
  return container;
}

absl::Status Container::Define(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  std::string_view id;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("the body is not valid JSON");
  }
  if (root["id"].get(id) != simdjson::SUCCESS) return absl::InvalidArgumentError("id is missing");
  WEIR_RETURN_IF_ERROR(CheckId(id));
  id_ = id;

  simdjson::dom::array paths;
  if (root["partitionKey"]["paths"].get(paths) != simdjson::SUCCESS || paths.size() == 0) {
    return absl::InvalidArgumentError("partitionKey.paths is missing");
  }
  if (paths.size() > kMaxPartitionKeyLevels) {
    return absl::InvalidArgumentError("a partition key has at most 3 paths");
  }
  for (const element member : paths) {
    std::string_view text;
    if (member.get(text) != simdjson::SUCCESS) {
      return absl::InvalidArgumentError("a partition key path must be a string");
    }
    WEIR_ASSIGN_OR_RETURN(PropertyPath path, ParsePropertyPath(text));
    key_paths_.push_back(std::move(path));
  }
  partition_key_json_ =
      absl::StrCat(R"({"paths":)", std::string(simdjson::minify(paths)), R"(,"kind":")",
                   key_paths_.size() > 1 ? "MultiHash" : "Hash", R"(","version":2})");

  element policy;
  const bool has_policy = root["indexingPolicy"].get(policy) == simdjson::SUCCESS;
  WEIR_ASSIGN_OR_RETURN(
      policy_,
      IndexingPolicy::Compile(has_policy ? std::string(simdjson::minify(policy)) : "", key_paths_));
  return absl::OkStatus();
}

void Container::MakePartitions(bool throttle) {
  const int count = throughput_.partitions;
  const CentiRu per_second =
      throttle ? static_cast<CentiRu>(throughput_.per_second) * 100 / count : 0;
  const PartitionSettings settings{&policy_, &charges_, &properties_};
  for (int i = 0; i < count; ++i) {
    partitions_.push_back(std::make_unique<Partition>(
        static_cast<uint32_t>(i), KeyRange{EvenBound(i, count), EvenBound(i + 1, count)},
        per_second, settings));
  }
}

Partition& Container::PartitionFor(const EffectivePartitionKey& key) const {
  const auto after = std::upper_bound(
      partitions_.begin(), partitions_.end(), key,
      [](const EffectivePartitionKey& k, const auto& p) { return k < p->range().low; });
  return **(after - 1);
}

Partition* Container::PartitionById(std::string_view id) const {
  uint32_t number = 0;
  if (!absl::SimpleAtoi(absl::string_view(id.data(), id.size()), &number)) return nullptr;
  return number < partitions_.size() ? partitions_[number].get() : nullptr;
}

std::string Container::Self() const {
  return absl::StrCat("dbs/", ids_.database_rid, "/colls/", ids_.rid, "/");
}

std::string Container::OfferRid() const {
  std::string rid = "O";  // rids of offers are signed in lower case: letters that keep apart in it
  for (const char c : ids_.rid_bytes.substr(4)) {
    rid.push_back(static_cast<char>('a' + ((c >> 4) & 0xF)));
    rid.push_back(static_cast<char>('a' + (c & 0xF)));
  }
  return rid;
}

std::string Container::Json() const {
  std::string json = absl::StrCat(R"({"id":)", JsonString(id_), R"(,"indexingPolicy":)",
                                  policy_.json(), R"(,"partitionKey":)", partition_key_json_);
  absl::StrAppend(&json, R"(,"conflictResolutionPolicy":{"mode":"LastWriterWins",)",
                  R"("conflictResolutionPath":"/_ts","conflictResolutionProcedure":""})");
  absl::StrAppend(&json, R"(,"_rid":")", ids_.rid, R"(","_ts":)", created_, R"(,"_self":")", Self(),
                  R"(","_etag":"\"00000000-0000-0000-0000-000000000001\"","_docs":"docs/",)",
                  R"("_sprocs":"sprocs/","_triggers":"triggers/","_udfs":"udfs/",)",
                  R"("_conflicts":"conflicts/"})");
  return json;
}

std::string Container::RangesJson() const {
  std::string json = absl::StrCat(R"({"_rid":")", ids_.rid, R"(","PartitionKeyRanges":[)");
  const char* separator = "";
  for (const auto& partition : partitions_) {
    absl::StrAppend(&json, separator, R"({"_rid":")",
                    properties_.DocumentRid(partition->id() + 1, 0), R"(","id":")", partition->id(),
                    R"(","_etag":"\"00000000-0000-0000-0000-000000000001\"","minInclusive":")",
                    partition->range().low.ToHex(), R"(","maxExclusive":")",
                    partition->range().high.ToHex(), R"(","ridPrefix":)", partition->id());
    absl::StrAppend(&json, R"(,"_self":")", Self(), "pkranges/", partition->id(),
                    R"(/","throughputFraction":)", 1.0 / static_cast<double>(partitions_.size()),
                    R"(,"status":"online","parents":[],"_ts":)", created_, "}");
    separator = ",";
  }
  absl::StrAppend(&json, R"(],"_count":)", partitions_.size(), "}");
  return json;
}

std::string Container::OfferJson() const {
  const std::string rid = OfferRid();
  std::string autopilot;
  if (throughput_.autoscale) {
    autopilot =
        absl::StrCat(R"(,"offerAutopilotSettings":{"maxThroughput":)", throughput_.per_second, "}");
  }
  return absl::StrCat(R"({"resource":")", Self(), R"(","offerType":"Invalid","offerResourceId":")",
                      ids_.rid, R"(","offerVersion":"V2","content":{"offerThroughput":)",
                      throughput_.per_second, R"(,"offerIsRUPerMinuteThroughputEnabled":false,)",
                      R"("offerMinimumThroughputParameters":{"maxThroughputEverProvisioned":)",
                      throughput_.per_second, R"(,"maxConsumedStorageEverInKB":0})", autopilot,
                      R"(},"id":")", rid, R"(","_rid":")", rid, R"(","_self":"offers/)", rid,
                      R"(/","_etag":"\"00000000-0000-0000-0000-000000000001\"","_ts":)", created_,
                      "}");
}

}  // namespace weir::cosmos::emulator
