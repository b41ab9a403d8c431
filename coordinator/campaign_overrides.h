// --set path=value: changes a campaign's YAML tree before it is read. List items go by name or by
// index, the value is YAML, an empty value removes the key (so that its default applies). Pure.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "coordinator/yaml_tree.h"

namespace weir {

// `type` describes what the tree is meant to be. What an override brings in has the place
// "--set PATH", without the value, which may be sensitive.
void ApplyOverrides(const std::vector<std::string>& overrides,
                    const google::protobuf::Descriptor& type, YamlNode* root,
                    std::vector<Problem>* problems);

// One setting, path=value, given at `place`.
void ApplySetting(const std::string& text, const Place& place,
                  const google::protobuf::Descriptor& type, YamlNode* root,
                  std::vector<Problem>* problems);

}  // namespace weir
