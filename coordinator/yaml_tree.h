// A YAML document as a plain tree in which every node knows its place. Stricter than YAML: one
// document, no aliases or anchors, no tags, no key twice, at most 1 MiB and 64 levels deep.
#pragma once

#include <string>
#include <vector>

#include "coordinator/problem.h"

namespace weir {

struct YamlMember;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  Place place;
  std::string text;                 // kScalar
  bool quoted = false;              // kScalar: written in quotes or as a block, therefore text
  std::vector<YamlNode> items;      // kList
  std::vector<YamlMember> members;  // kMap, in the order of the file

  YamlMember* Find(const std::string& key);
  const YamlMember* Find(const std::string& key) const;
};

struct YamlMember {
  std::string key;
  Place place;  // of the key
  YamlNode value;
};

inline constexpr size_t kMaxYamlBytes = 1 << 20;
inline constexpr size_t kMaxYamlDepth = 64;

// What the tree could not hold is added to `problems`; the rest of the tree is still returned, so
// that the mistakes in it can be shown at the same time. A syntax error ends the tree.
YamlNode ParseYaml(const std::string& text, const std::string& file,
                   std::vector<Problem>* problems);

}  // namespace weir
