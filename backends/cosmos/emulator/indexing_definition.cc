#include "backends/cosmos/emulator/indexing_definition.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/json_text.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using Definition = IndexingDefinition;

constexpr std::string_view kRootPath = "/*";
constexpr std::string_view kEtagPath = R"(/"_etag"/?)";
constexpr size_t kMostComposites = 100;
constexpr size_t kMostCompositeParts = 8;

absl::Status Wrong(std::string text) { return absl::InvalidArgumentError(std::move(text)); }

// The service's words.
absl::Status UnacceptablePath(std::string_view path, size_t position) {
  return Wrong(absl::StrCat("The indexing path '", std::string(path),
                            "' could not be accepted, failed near position '", position,
                            "'. Please ensure that the path is a valid path. Common errors include "
                            "invalid characters or absence of quotes around labels."));
}

bool IsLabelCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (c & 0x80) != 0;
}

// Reads one segment after its slash, from *at on. False: *at is where it went wrong.
bool ReadSegment(std::string_view text, size_t* at, std::string* segment) {
  if (text.substr(*at, 2) == "[]") {
    *segment = "[]";
    *at += 2;
  } else if (*at < text.size() && text[*at] == '"') {
    const size_t end = text.find('"', *at + 1);
    if (end == std::string_view::npos || end == *at + 1) return false;
    *segment = text.substr(*at + 1, end - *at - 1);
    *at = end + 1;
  } else {
    const size_t start = *at;
    while (*at < text.size() && IsLabelCharacter(text[*at])) ++*at;
    if (*at == start) return false;
    *segment = text.substr(start, *at - start);
  }
  return *at == text.size() || text[*at] == '/';
}

// An included or excluded path ends with "/?" or "/*".
absl::Status CheckRule(std::string_view path) {
  if (path == kRootPath) return absl::OkStatus();
  if (path.size() < 4 || (!path.ends_with("/?") && !path.ends_with("/*"))) {
    return UnacceptablePath(path, path.size());
  }
  const auto parsed = ParsePropertyPath(path.substr(0, path.size() - 2));
  if (parsed.ok()) return absl::OkStatus();
  size_t at = 0;  // again, with the whole path in the message
  std::string segment;
  while (at < path.size() && path[at] == '/' && ReadSegment(path, &++at, &segment)) {
  }
  return UnacceptablePath(path, at);
}

std::string LowerText(element value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return "";
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

// The "path" of each member of the list; nullopt when the policy has no such list.
absl::StatusOr<std::optional<std::vector<std::string>>> ReadRules(element policy,
                                                                  const char* list) {
  element given;
  if (policy[list].get(given) != simdjson::SUCCESS || given.is_null()) return std::nullopt;
  array members;
  if (given.get(members) != simdjson::SUCCESS)
    return Wrong(absl::StrCat(list, " must be an array"));
  std::vector<std::string> paths;
  for (const element member : members) {
    std::string_view path;
    if (member["path"].get(path) != simdjson::SUCCESS) {
      return Wrong(absl::StrCat("each member of ", list, " must be an object with a path"));
    }
    WEIR_RETURN_IF_ERROR(CheckRule(path));
    if (std::find(paths.begin(), paths.end(), path) != paths.end()) continue;
    paths.emplace_back(path);
  }
  return paths;
}

absl::Status ReadModes(element policy, Definition* definition) {
  element given;
  if (policy["indexingMode"].get(given) == simdjson::SUCCESS) {
    const std::string mode = LowerText(given);
    if (mode != "consistent" && mode != "lazy" && mode != "none") {
      return Wrong("indexingMode must be consistent, lazy or none");
    }
    definition->enabled = mode != "none";
  }
  definition->automatic = definition->enabled;
  if (policy["automatic"].get(given) == simdjson::SUCCESS &&
      given.get(definition->automatic) != simdjson::SUCCESS) {
    return Wrong("automatic must be true or false");
  }
  if (!definition->enabled && definition->automatic) {
    return Wrong(
        "Indexing mode value cannot be 'none' when automatic indexing is specified as 'true'.");
  }
  return absl::OkStatus();
}

absl::Status ReadAllRules(element policy, Definition* definition) {
  WEIR_ASSIGN_OR_RETURN(auto included, ReadRules(policy, "includedPaths"));
  WEIR_ASSIGN_OR_RETURN(auto excluded, ReadRules(policy, "excludedPaths"));
  if (!definition->enabled) return absl::OkStatus();
  definition->included = std::move(included).value_or(std::vector<std::string>());
  definition->excluded = std::move(excluded).value_or(std::vector<std::string>());
  for (const std::string& path : definition->included) {
    const auto& others = definition->excluded;
    if (std::find(others.begin(), others.end(), path) != others.end()) {
      return Wrong(absl::StrCat("The indexing path '", path,
                                "' is in includedPaths and in excludedPaths; leave it in one."));
    }
  }
  const auto has = [](const std::vector<std::string>& paths, std::string_view path) {
    return std::find(paths.begin(), paths.end(), path) != paths.end();
  };
  if (!has(definition->included, kRootPath) && !has(definition->excluded, kRootPath)) {
    if (!definition->included.empty()) {
      return Wrong(
          "The special mandatory indexing path \"/\" is not provided in any of the path type "
          "sets. Please provide this path in one of the sets.");
    }
    definition->included.emplace_back(kRootPath);
  }
  if (!has(definition->included, kEtagPath) && !has(definition->excluded, kEtagPath)) {
    definition->excluded.emplace_back(kEtagPath);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Definition::CompositePart>> ReadComposite(element list) {
  array members;
  if (list.get(members) != simdjson::SUCCESS) {
    return Wrong("compositeIndexes must be an array of arrays");
  }
  if (members.size() < 2 || members.size() > kMostCompositeParts) {
    return Wrong(absl::StrCat("a composite index has 2 to ", kMostCompositeParts, " paths, not ",
                              members.size()));
  }
  std::vector<Definition::CompositePart> parts;
  for (const element member : members) {
    std::string_view path;
    if (member["path"].get(path) != simdjson::SUCCESS) {
      return Wrong("each member of a composite index must be an object with a path");
    }
    WEIR_ASSIGN_OR_RETURN(const PropertyPath names, ParsePropertyPath(path));
    if (std::find(names.begin(), names.end(), "[]") != names.end()) {
      return Wrong(absl::StrCat("the path '", std::string(path),
                                "' of a composite index leads through an array"));
    }
    element order;
    const std::string word =
        member["order"].get(order) == simdjson::SUCCESS ? LowerText(order) : "ascending";
    if (word != "ascending" && word != "descending") {
      return Wrong("the order of a composite index's path must be ascending or descending");
    }
    parts.push_back({std::string(path), word == "descending"});
  }
  return parts;
}

absl::Status ReadComposites(element policy, Definition* definition) {
  element given;
  if (policy["compositeIndexes"].get(given) != simdjson::SUCCESS || given.is_null()) {
    return absl::OkStatus();
  }
  array lists;
  if (given.get(lists) != simdjson::SUCCESS) return Wrong("compositeIndexes must be an array");
  if (lists.size() > kMostComposites) {
    return Wrong(absl::StrCat("a policy has at most ", kMostComposites, " composite indexes"));
  }
  for (const element list : lists) {
    WEIR_ASSIGN_OR_RETURN(auto parts, ReadComposite(list));
    if (definition->enabled) definition->composites.push_back(std::move(parts));
  }
  return absl::OkStatus();
}

// Absent, null and empty lists are as good as none.
bool IsGiven(element policy, const char* list) {
  array members;
  return policy[list].get(members) == simdjson::SUCCESS && members.size() > 0;
}

std::string PathsJson(const std::vector<std::string>& paths) {
  std::string json = "[";
  for (const std::string& path : paths) {
    absl::StrAppend(&json, json.size() > 1 ? "," : "", R"({"path":)", JsonString(path), "}");
  }
  return json + "]";
}

}  // namespace

absl::StatusOr<PropertyPath> ParsePropertyPath(std::string_view text) {
  PropertyPath path;
  size_t at = 0;
  do {
    if (text.empty() || text[at] != '/') return UnacceptablePath(text, at);
    if (!ReadSegment(text, &++at, &path.emplace_back())) return UnacceptablePath(text, at);
  } while (at < text.size());
  return path;
}

absl::StatusOr<IndexingDefinition> IndexingDefinition::Read(std::string_view json) {
  IndexingDefinition definition;
  simdjson::dom::parser parser;
  element root;
  if (json.empty()) json = "{}";
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return Wrong("indexingPolicy must be an object");
  }
  for (const char* list : {"vectorIndexes", "fullTextIndexes"}) {
    simdjson::dom::array indexes;
    if (!IsGiven(root, list)) continue;
    if (root[list].get(indexes) == simdjson::SUCCESS && indexes.size() == 0) continue;
    return Wrong(absl::StrCat("this emulator does not support ", list, "; leave it out"));
  }
  WEIR_RETURN_IF_ERROR(ReadModes(root, &definition));
  WEIR_RETURN_IF_ERROR(ReadAllRules(root, &definition));
  WEIR_RETURN_IF_ERROR(ReadComposites(root, &definition));
  if (IsGiven(root, "spatialIndexes")) {
    definition.spatial_json = simdjson::minify(root["spatialIndexes"].value());
  }
  return definition;
}

std::string IndexingDefinition::Json() const {
  std::string json =
      absl::StrCat(R"({"indexingMode":")", enabled ? "consistent" : "none", R"(","automatic":)",
                   automatic ? "true" : "false", R"(,"includedPaths":)", PathsJson(included),
                   R"(,"excludedPaths":)", PathsJson(excluded));
  if (!composites.empty()) {
    json += R"(,"compositeIndexes":[)";
    for (const auto& parts : composites) {
      json += json.ends_with('[') ? "[" : ",[";
      for (const CompositePart& part : parts) {
        absl::StrAppend(&json, json.ends_with('[') ? "" : ",", R"({"path":)", JsonString(part.path),
                        R"(,"order":")", part.descending ? "descending" : "ascending", "\"}");
      }
      json += ']';
    }
    json += ']';
  }
  if (!spatial_json.empty()) absl::StrAppend(&json, R"(,"spatialIndexes":)", spatial_json);
  return json + "}";
}

}  // namespace weir::cosmos::emulator
