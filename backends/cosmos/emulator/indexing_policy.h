// A container's indexing policy and partition-key paths, compiled to one tree of property names
// that a document is walked along: which scalars are indexed, which are the key. Immutable; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/indexing_definition.h"

namespace weir::cosmos::emulator {

struct CompositeIndex {
  struct Part {
    PropertyPath path;
    bool descending = false;
    int node = 0;  // of the policy's tree
  };
  std::vector<Part> parts;
};

struct PathNode {
  struct Child {
    std::string name;
    int node;
  };
  enum class Rule : int8_t { kInherited, kIncluded, kExcluded };

  const Child* Find(std::string_view name) const;

  std::vector<Child> children;
  Rule below = Rule::kInherited;  // "/path/*"
  Rule here = Rule::kInherited;   // "/path/?"
  int8_t key_level = -1;          // this property is that level of the partition key
  bool always_indexed = false;    // id and the partition key
};

class IndexingPolicy {
 public:
  static constexpr int kRoot = 0;
  static constexpr int kNone = -1;  // outside the tree: nothing named below

  // json: the object "indexingPolicy", or empty for the default policy (everything but _etag).
  // kInvalidArgument says what is wrong with it.
  static absl::StatusOr<IndexingPolicy> Compile(std::string_view json,
                                                const std::vector<PropertyPath>& key_paths);

  bool enabled() const { return enabled_; }
  // Whether items are indexed when the request says nothing (x-ms-indexing-directive).
  bool automatic() const { return automatic_; }
  const PathNode& node(int index) const { return nodes_[static_cast<size_t>(index)]; }
  const std::vector<CompositeIndex>& composites() const { return composites_; }

  // As the service would return it.
  const std::string& json() const { return json_; }

  // Whether a scalar at this path is in an index, so that a filter or an order can use it.
  bool Covers(const PropertyPath& path) const;

 private:
  int Descend(int from, const std::string& name);
  int DescendAll(const PropertyPath& path);
  void AddRule(std::string_view path, PathNode::Rule rule);
  void AddComposites(const IndexingDefinition& definition);
  void MarkKeys(const std::vector<PropertyPath>& key_paths);

  std::vector<PathNode> nodes_{1};
  std::vector<CompositeIndex> composites_;
  bool enabled_ = true;
  bool automatic_ = true;
  std::string json_;
};

}  // namespace weir::cosmos::emulator
