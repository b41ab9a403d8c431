#include "backends/cosmos/emulator/container_definition.h"

#include <simdjson.h>

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/wire/partition_key.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

using simdjson::dom::element;

constexpr size_t kMaxContainerIdBytes = 255;
constexpr std::string_view kDefaultConflictResolution =
    R"({"mode":"LastWriterWins","conflictResolutionPath":"/_ts","conflictResolutionProcedure":""})";
constexpr std::string_view kDefaultGeospatialConfig = R"({"type":"Geography"})";

// What the service has and this emulator has not. Said, so that nobody takes silence for effect.
constexpr const char* kUnsupported[] = {"computedProperties", "vectorEmbeddingPolicy",
                                        "fullTextPolicy", "clientEncryptionPolicy",
                                        "materializedViewDefinition"};

absl::Status CheckId(std::string_view id) {
  if (id.empty() || id.size() > kMaxContainerIdBytes) {
    return absl::InvalidArgumentError("a container's id has 1 to 255 characters");
  }
  if (id.find_first_of("/\\?#") != std::string_view::npos) {
    return absl::InvalidArgumentError("an id must not contain / \\ ? or #");
  }
  return absl::OkStatus();
}

bool IsEmpty(element value) {
  simdjson::dom::array array;
  simdjson::dom::object object;
  if (value.is_null()) return true;
  if (value.get(array) == simdjson::SUCCESS) return array.size() == 0;
  return value.get(object) == simdjson::SUCCESS && object.size() == 0;
}

absl::StatusOr<PropertyPath> PathOf(element text, const char* what) {
  std::string_view path;
  if (text.get(path) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(absl::StrCat(what, " must be strings"));
  }
  auto parsed = ParsePropertyPath(path);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": ", std::string(parsed.status().message())));
  }
  for (const std::string& name : *parsed) {
    if (name.empty() || name == "*" || name == "?" || name == "[]") {
      return absl::InvalidArgumentError(
          absl::StrCat(what, " name one property each, without wildcards: ", std::string(path)));
    }
  }
  return parsed;
}

}  // namespace

// Fills one definition from its JSON.
class DefinitionReader {
 public:
  DefinitionReader(element root, const ContainerDefinition* before)
      : root_(root), before_(before) {}

  absl::StatusOr<std::unique_ptr<const ContainerDefinition>> Read() {
    WEIR_RETURN_IF_ERROR(RefuseUnsupported());
    WEIR_RETURN_IF_ERROR(ReadId());
    WEIR_RETURN_IF_ERROR(ReadIndexingPolicyAndKey());
    WEIR_RETURN_IF_ERROR(ReadTimeToLive());
    WEIR_RETURN_IF_ERROR(ReadUniqueKeys());
    WEIR_RETURN_IF_ERROR(Echo("conflictResolutionPolicy", kDefaultConflictResolution));
    WEIR_RETURN_IF_ERROR(Echo("geospatialConfig", kDefaultGeospatialConfig));
    WEIR_RETURN_IF_ERROR(ReadChangeFeedPolicy());
    return std::move(made_);
  }

 private:
  // Null counts as absent: that is how some SDKs send what is not set.
  bool Has(const char* name, element* value) const {
    return root_[name].get(*value) == simdjson::SUCCESS && !value->is_null();
  }

  void Show(std::string_view name, std::string_view json) {
    absl::StrAppend(&made_->members_, made_->members_.empty() ? "\"" : ",\"", std::string(name),
                    "\":", std::string(json));
  }

  absl::Status RefuseUnsupported() {
    for (const char* name : kUnsupported) {
      element value;
      if (Has(name, &value) && !IsEmpty(value)) {
        return absl::InvalidArgumentError(
            absl::StrCat("this emulator does not support ", name, "; leave it out"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadId() {
    std::string_view id;
    if (root_["id"].get(id) != simdjson::SUCCESS) {
      return absl::InvalidArgumentError("id is missing or not a string");
    }
    WEIR_RETURN_IF_ERROR(CheckId(id));
    made_->id_ = id;
    Show("id", JsonString(id));
    return absl::OkStatus();
  }

  absl::Status ReadIndexingPolicyAndKey() {
    WEIR_ASSIGN_OR_RETURN(const std::string key_json, ReadPartitionKey());
    element policy;
    const bool given = Has("indexingPolicy", &policy);
    WEIR_ASSIGN_OR_RETURN(
        made_->policy_, IndexingPolicy::Compile(given ? std::string(simdjson::minify(policy)) : "",
                                                made_->key_paths_));
    Show("indexingPolicy", made_->policy_.json());
    Show("partitionKey", key_json);
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> ReadPartitionKey() {
    simdjson::dom::array paths;
    if (root_["partitionKey"]["paths"].get(paths) != simdjson::SUCCESS || paths.size() == 0) {
      return absl::InvalidArgumentError("partitionKey.paths is missing");
    }
    if (paths.size() > kMaxPartitionKeyLevels) {
      return absl::InvalidArgumentError("a partition key has at most 3 paths");
    }
    for (const element member : paths) {
      WEIR_ASSIGN_OR_RETURN(PropertyPath path, PathOf(member, "the paths of a partition key"));
      for (const PropertyPath& before : made_->key_paths_) {
        if (before == path) {
          return absl::InvalidArgumentError("a partition key has no path twice");
        }
      }
      made_->key_paths_.push_back(std::move(path));
    }
    const bool many = made_->key_paths_.size() > 1;
    std::string_view kind = many ? "MultiHash" : "Hash";
    if (root_["partitionKey"]["kind"].get(kind) == simdjson::SUCCESS && kind != "MultiHash" &&
        (kind != "Hash" || many)) {
      return absl::InvalidArgumentError(
          "partitionKey.kind is Hash with one path, or MultiHash with one to three");
    }
    // Always version 2: the SDKs hash by what stands here.
    return absl::StrCat(R"({"paths":)", std::string(simdjson::minify(paths)), R"(,"kind":")",
                        std::string(kind), R"(","version":2})");
  }

  absl::Status ReadSeconds(const char* name, std::optional<int32_t>* seconds) {
    element value;
    if (!Has(name, &value)) return absl::OkStatus();
    int64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS || number < kItemsNeverExpire || number == 0 ||
        number > std::numeric_limits<int32_t>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " must be -1 or a number of seconds from 1 to 2147483647"));
    }
    *seconds = static_cast<int32_t>(number);
    Show(name, absl::StrCat(number));
    return absl::OkStatus();
  }

  absl::Status ReadChangeFeedPolicy() {
    constexpr int64_t kMostMinutes = 30 * 24 * 60;
    element policy;
    element retention;
    int64_t minutes = 0;
    if (Has("changeFeedPolicy", &policy) &&
        policy["retentionDuration"].get(retention) == simdjson::SUCCESS &&
        (retention.get(minutes) != simdjson::SUCCESS || minutes < 0 || minutes > kMostMinutes)) {
      return absl::InvalidArgumentError(
          "changeFeedPolicy.retentionDuration must be a number of minutes, 43200 at most");
    }
    made_->version_retention_ = minutes * 60;
    return Echo("changeFeedPolicy", "");
  }

  absl::Status ReadTimeToLive() {
    std::optional<int32_t> analytical;  // shown again; there is no analytical store to keep it in
    element path;
    if (Has("ttlPropertyPath", &path)) {
      return absl::InvalidArgumentError("this emulator does not support ttlPropertyPath");
    }
    WEIR_RETURN_IF_ERROR(ReadSeconds("defaultTtl", &made_->default_ttl_));
    return ReadSeconds("analyticalStorageTtl", &analytical);
  }

  absl::Status ReadUniqueKeys() {
    element policy;
    simdjson::dom::array keys;
    // The SDK of Java sends an empty policy when there is none.
    if (!Has("uniqueKeyPolicy", &policy) || policy.is_null() ||
        policy["uniqueKeys"].error() == simdjson::NO_SUCH_FIELD) {
      if (before_ == nullptr || before_->unique_keys_.empty()) return absl::OkStatus();
      made_->unique_keys_ = before_->unique_keys_;
      made_->unique_key_policy_ = before_->unique_key_policy_;
      Show("uniqueKeyPolicy", made_->unique_key_policy_);
      return absl::OkStatus();
    }
    if (policy["uniqueKeys"].get(keys) != simdjson::SUCCESS) {
      return absl::InvalidArgumentError("uniqueKeyPolicy.uniqueKeys must be an array");
    }
    if (keys.size() > kMaxUniqueKeys) {
      return absl::InvalidArgumentError("a container has at most 10 unique keys");
    }
    for (const element key : keys) {
      simdjson::dom::array paths;
      if (key["paths"].get(paths) != simdjson::SUCCESS || paths.size() == 0 ||
          paths.size() > kMaxUniqueKeyPaths) {
        return absl::InvalidArgumentError("a unique key has 1 to 16 paths");
      }
      UniqueKey made;
      for (const element member : paths) {
        WEIR_ASSIGN_OR_RETURN(PropertyPath path, PathOf(member, "the paths of a unique key"));
        made.push_back(std::move(path));
      }
      made_->unique_keys_.push_back(std::move(made));
    }
    made_->unique_key_policy_ = simdjson::minify(policy);
    Show("uniqueKeyPolicy", made_->unique_key_policy_);
    return absl::OkStatus();
  }

  // Members that are kept and shown, and change nothing here: one region, one writer.
  absl::Status Echo(const char* name, std::string_view otherwise) {
    element value;
    if (!Has(name, &value)) {
      if (!otherwise.empty()) Show(name, otherwise);
      return absl::OkStatus();
    }
    if (!value.is_object()) {
      return absl::InvalidArgumentError(absl::StrCat(name, " must be an object"));
    }
    Show(name, std::string(simdjson::minify(value)));
    return absl::OkStatus();
  }

  element root_;
  const ContainerDefinition* before_;
  std::unique_ptr<ContainerDefinition> made_{new ContainerDefinition};
};

absl::StatusOr<std::unique_ptr<const ContainerDefinition>> ContainerDefinition::Parse(
    std::string_view json, const ContainerDefinition* before) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return absl::InvalidArgumentError("the body is not a JSON object");
  }
  return DefinitionReader(root, before).Read();
}

absl::Status ContainerDefinition::CheckReplacement(const ContainerDefinition& next) const {
  if (next.id_ != id_) {
    return absl::InvalidArgumentError("the id of the body is not that of the path");
  }
  if (next.key_paths_ != key_paths_) {
    return absl::InvalidArgumentError("Document collection partition key cannot be changed.");
  }
  if (next.unique_keys_ != unique_keys_) {
    return absl::InvalidArgumentError(
        "the unique key policy of a container cannot be changed; make another container");
  }
  return absl::OkStatus();
}

}  // namespace weir::cosmos::emulator
