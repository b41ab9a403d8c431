#include "backends/cosmos/emulator/indexing_policy.h"

#include <simdjson.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

using simdjson::dom::element;

constexpr std::string_view kDefaultPolicy =
    R"({"indexingMode":"consistent","automatic":true,"includedPaths":[{"path":"/*"}],)"
    R"("excludedPaths":[{"path":"/\"_etag\"/?"}]})";

std::string Text(element object, const char* name, std::string_view otherwise) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string(otherwise);
}

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

// The "path" of each member of the array named `list`.
std::vector<std::string> PathsOf(element policy, const char* list) {
  std::vector<std::string> paths;
  simdjson::dom::array members;
  if (policy[list].get(members) != simdjson::SUCCESS) return paths;
  for (const element member : members) paths.push_back(Text(member, "path", ""));
  return paths;
}

absl::StatusOr<CompositeIndex> CompositeOf(simdjson::dom::array parts) {
  CompositeIndex index;
  for (const element part : parts) {
    WEIR_ASSIGN_OR_RETURN(PropertyPath path, ParsePropertyPath(Text(part, "path", "")));
    index.parts.push_back({std::move(path), Lower(Text(part, "order", "")) == "descending"});
  }
  return index;
}

absl::StatusOr<std::vector<CompositeIndex>> CompositesOf(element policy) {
  std::vector<CompositeIndex> composites;
  simdjson::dom::array lists;
  if (policy["compositeIndexes"].get(lists) != simdjson::SUCCESS) return composites;
  for (const element list : lists) {
    simdjson::dom::array parts;
    if (list.get(parts) != simdjson::SUCCESS) {
      return absl::InvalidArgumentError("compositeIndexes must be an array of arrays");
    }
    WEIR_ASSIGN_OR_RETURN(CompositeIndex index, CompositeOf(parts));
    composites.push_back(std::move(index));
  }
  return composites;
}

}  // namespace

absl::StatusOr<PropertyPath> ParsePropertyPath(std::string_view text) {
  PropertyPath path;
  size_t at = 0;
  while (at < text.size()) {
    if (text[at] != '/') {
      return absl::InvalidArgumentError(
          absl::StrCat("path must begin with '/': ", std::string(text)));
    }
    ++at;
    const bool quoted = at < text.size() && text[at] == '"';
    const size_t start = quoted ? at + 1 : at;
    size_t end = text.find(quoted ? '"' : '/', start);
    if (end == std::string_view::npos) end = text.size();
    path.emplace_back(text.substr(start, end - start));
    at = quoted ? end + 1 : end;
  }
  if (path.empty()) return absl::InvalidArgumentError("a path is empty");
  return path;
}

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

absl::Status IndexingPolicy::AddRule(std::string_view text, PathNode::Rule rule) {
  WEIR_ASSIGN_OR_RETURN(PropertyPath path, ParsePropertyPath(text));
  const std::string last = path.back();
  if (last == "?" || last == "*") path.pop_back();
  PathNode& place = nodes_[static_cast<size_t>(DescendAll(path))];
  (last == "*" ? place.below : place.here) = rule;
  return absl::OkStatus();
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
  IndexingPolicy policy;
  policy.json_ = json.empty() ? std::string(kDefaultPolicy) : std::string(json);
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(policy.json_).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return absl::InvalidArgumentError("indexingPolicy must be an object");
  }
  for (const char* unsupported : {"vectorIndexes", "fullTextIndexes"}) {
    simdjson::dom::array indexes;
    if (root[unsupported].get(indexes) == simdjson::SUCCESS && indexes.size() > 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "indexingPolicy: this emulator does not support ", unsupported, "; leave it out"));
    }
  }
  const std::string mode = Lower(Text(root, "indexingMode", "consistent"));
  if (mode != "consistent" && mode != "none" && mode != "lazy") {
    return absl::InvalidArgumentError(absl::StrCat("unknown indexingMode ", mode));
  }
  policy.enabled_ = mode != "none";
  const std::vector<std::string> included = PathsOf(root, "includedPaths");
  const std::vector<std::string> excluded = PathsOf(root, "excludedPaths");
  for (const auto& path : included) {
    WEIR_RETURN_IF_ERROR(policy.AddRule(path, PathNode::Rule::kIncluded));
  }
  for (const auto& path : excluded) {
    WEIR_RETURN_IF_ERROR(policy.AddRule(path, PathNode::Rule::kExcluded));
  }
  if (policy.enabled_ && policy.nodes_[kRoot].below == PathNode::Rule::kInherited) {
    if (!included.empty() || !excluded.empty()) {
      return absl::InvalidArgumentError(
          "the path \"/*\" must be among includedPaths or excludedPaths");
    }
    policy.nodes_[kRoot].below = PathNode::Rule::kIncluded;
  }
  WEIR_ASSIGN_OR_RETURN(policy.composites_, CompositesOf(root));
  for (CompositeIndex& index : policy.composites_) {
    for (CompositeIndex::Part& part : index.parts) part.node = policy.DescendAll(part.path);
  }
  policy.MarkKeys(key_paths);
  return policy;
}

bool IndexingPolicy::Covers(const PropertyPath& path) const {
  if (!enabled_) return false;
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
