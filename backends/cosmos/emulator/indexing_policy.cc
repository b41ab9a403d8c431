#include "backends/cosmos/emulator/indexing_policy.h"

#include <utility>

#include "base/status.h"

namespace weir::cosmos::emulator {

const PathNode::Child* PathNode::Find(std::string_view name) const {
  for (const Child& child : children) {
    if (child.name == name) return &child;
  }
  return nullptr;
}

int IndexingPolicy::Descend(int from, const std::string& name) {
  if (const auto* child = nodes_[static_cast<size_t>(from)].Find(name)) return child->node;
  const int made = static_cast<int>(nodes_.size());
  nodes_[static_cast<size_t>(from)].children.push_back({name, made});
  nodes_.emplace_back();
  return made;
}

int IndexingPolicy::DescendAll(const PropertyPath& path) {
  int node = kRoot;
  for (const std::string& name : path) node = Descend(node, name);
  return node;
}

// path: one that IndexingDefinition has accepted.
void IndexingPolicy::AddRule(std::string_view path, PathNode::Rule rule) {
  const std::string_view above = path.substr(0, path.size() - 2);
  const int node = above.empty() ? kRoot : DescendAll(ParsePropertyPath(above).value());
  PathNode& place = nodes_[static_cast<size_t>(node)];
  (path.ends_with('*') ? place.below : place.here) = rule;
}

void IndexingPolicy::AddComposites(const IndexingDefinition& definition) {
  for (const auto& parts : definition.composites) {
    CompositeIndex& index = composites_.emplace_back();
    for (const auto& part : parts) {
      PropertyPath path = ParsePropertyPath(part.path).value();
      const int node = DescendAll(path);
      index.parts.push_back({std::move(path), part.descending, node});
    }
  }
}

void IndexingPolicy::MarkKeys(const std::vector<PropertyPath>& key_paths) {
  nodes_[static_cast<size_t>(Descend(kRoot, "id"))].always_indexed = true;
  nodes_[static_cast<size_t>(Descend(kRoot, "_ts"))].always_indexed = true;
  for (size_t level = 0; level < key_paths.size(); ++level) {
    const int node = DescendAll(key_paths[level]);
    nodes_[static_cast<size_t>(node)].key_level = static_cast<int8_t>(level);
    nodes_[static_cast<size_t>(node)].always_indexed = true;
  }
}

absl::StatusOr<IndexingPolicy> IndexingPolicy::Compile(std::string_view json,
                                                       const std::vector<PropertyPath>& key_paths) {
  WEIR_ASSIGN_OR_RETURN(const IndexingDefinition definition, IndexingDefinition::Read(json));
  IndexingPolicy policy;
  policy.enabled_ = definition.enabled;
  policy.automatic_ = definition.automatic;
  policy.json_ = definition.Json();
  for (const auto& path : definition.included) policy.AddRule(path, PathNode::Rule::kIncluded);
  for (const auto& path : definition.excluded) policy.AddRule(path, PathNode::Rule::kExcluded);
  policy.AddComposites(definition);
  policy.MarkKeys(key_paths);
  return policy;
}

bool IndexingPolicy::Covers(const PropertyPath& path) const {
  if (!enabled_ || !automatic_) return false;  // items that may be missing in it: no index
  bool included = false;
  int node = kRoot;
  for (size_t depth = 0;; ++depth) {
    const PathNode& place = nodes_[static_cast<size_t>(node)];
    if (place.below != PathNode::Rule::kInherited)
      included = place.below == PathNode::Rule::kIncluded;
    if (depth == path.size()) {
      if (place.always_indexed) return true;
      return place.here == PathNode::Rule::kInherited ? included
                                                      : place.here == PathNode::Rule::kIncluded;
    }
    const PathNode::Child* child = place.Find(path[depth]);
    if (child == nullptr) return included;
    node = child->node;
  }
}

}  // namespace weir::cosmos::emulator
