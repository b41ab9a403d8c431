// Fills a message from a YAML tree by the message's descriptor and rules: one generic walk for the
// whole campaign. Finds every problem; fills in every default. Pure.
#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/problem.h"
#include "coordinator/yaml_tree.h"

namespace weir {

struct WalkFindings {
  std::vector<Problem> problems;
  // Where each given value stands, by its path: "scenarios[0].operations[2].query". The root is "".
  std::map<std::string, Place> places;
  // Paths that have a problem, so that nobody complains again about what follows from it.
  std::set<std::string> broken;
};

// `top` is where to report what the root lacks.
void FillMessage(const YamlNode& root, const Place& top, google::protobuf::Message* message,
                 WalkFindings* findings);

// "a" and "b" → "a.b"; "" and "b" → "b".
std::string JoinPath(const std::string& parent, const std::string& key);
std::string ItemPath(const std::string& list, size_t index);

}  // namespace weir
