// Writes a tree as YAML. A scalar marked `quoted` is text, whatever it says: it is written so that
// it reads back as the same text, and nothing in it can end the scalar. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "coordinator/yaml_tree.h"

namespace weir {

// One document, without "---".
std::string WriteYaml(const YamlNode& document);

// Nodes to build trees of. Text is always text; a number or a boolean is written as it is.
YamlNode YamlText(std::string text);
YamlNode YamlPlain(std::string text);
YamlNode YamlList(std::vector<YamlNode> items);
YamlNode YamlMap(std::vector<std::pair<std::string, YamlNode>> members);

// The member of that name, added at the end when there is none; *map must be a map.
YamlNode& MemberOf(YamlNode* map, const std::string& key);

}  // namespace weir
