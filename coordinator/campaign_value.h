// One scalar of a campaign: from its YAML text into its field, by the field's type and rule. Pure.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "coordinator/yaml_tree.h"

namespace weir {

// Sets the field (or, of a repeated one, adds a value). Returns what is wrong with the value; then
// the field is left alone. Never repeats what was given for a secret.
std::string SetValue(const YamlNode& node, const google::protobuf::FieldDescriptor& field,
                     google::protobuf::Message* message);

// "a list", "the text 'abc'", "nothing": what a node is, for messages.
std::string Describe(const YamlNode& node);

}  // namespace weir
