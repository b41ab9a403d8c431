// What a container is by the JSON that creates or replaces it: partition key, indexing policy, time
// to live, unique keys. Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/indexing_policy.h"

namespace weir::cosmos::emulator {

// Paths whose values no two items of one logical partition may share.
using UniqueKey = std::vector<PropertyPath>;

inline constexpr size_t kMaxUniqueKeys = 10;
inline constexpr size_t kMaxUniqueKeyPaths = 16;
inline constexpr int32_t kItemsNeverExpire = -1;  // as a defaultTtl, and as an item's ttl

class ContainerDefinition {
 public:
  // json: the body of a POST or PUT. kInvalidArgument says what is wrong with it, and also names
  // what the service has and this emulator has not. before: what the container was until now, when
  // it is replaced; the unique keys stay when nothing is said of them.
  static absl::StatusOr<std::unique_ptr<const ContainerDefinition>> Parse(
      std::string_view json, const ContainerDefinition* before = nullptr);

  const std::string& id() const { return id_; }
  const std::vector<PropertyPath>& key_paths() const { return key_paths_; }
  const IndexingPolicy& policy() const { return policy_; }
  // Seconds that an item lives without a ttl of its own, or kItemsNeverExpire. Nothing: items live
  // for ever, and their own ttl is not looked at.
  std::optional<int32_t> default_ttl() const { return default_ttl_; }
  // How long every version and delete is kept for the change feed, in seconds; 0: not at all.
  int64_t version_retention() const { return version_retention_; }
  const std::vector<UniqueKey>& unique_keys() const { return unique_keys_; }

  // "id":…,"indexingPolicy":… as the service shows them: everything but the system properties.
  const std::string& members() const { return members_; }

  // kInvalidArgument when a container that is defined so cannot become `next`.
  absl::Status CheckReplacement(const ContainerDefinition& next) const;

 private:
  ContainerDefinition() = default;

  std::string id_;
  std::vector<PropertyPath> key_paths_;
  IndexingPolicy policy_;
  std::optional<int32_t> default_ttl_;
  int64_t version_retention_ = 0;
  std::vector<UniqueKey> unique_keys_;
  std::string unique_key_policy_;  // its JSON; empty when there is none
  std::string members_;

  friend class DefinitionReader;
};

}  // namespace weir::cosmos::emulator
