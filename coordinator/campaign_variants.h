// Targets that are described as variants of another: each becomes a target of its own in the tree,
// right after the one it stands in, before the tree is read. Pure.
#pragma once

#include <vector>

#include "coordinator/problem.h"
#include "coordinator/yaml_tree.h"

namespace weir {

// What is wrong with a setting is added to `problems`, at its place; what is wrong with the form of
// a variant is left to the reader, which finds the variants still where they were.
void ExpandVariants(YamlNode* root, std::vector<Problem>* problems);

}  // namespace weir
