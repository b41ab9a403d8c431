// Reads YAML into a message by the message's schema, as campaigns are read: every problem at once
// with its place. For the smaller files that stand beside a campaign.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "coordinator/problem.h"

namespace weir {

// Fills in defaults. What is found of `message` means nothing when there are problems.
std::vector<Problem> ReadYamlText(const std::string& text, const std::string& file_name,
                                  google::protobuf::Message* message);

// `what` names the file's content in the problem of a file that cannot be read: "the charges".
std::vector<Problem> ReadYamlFile(const std::string& path, const std::string& what,
                                  google::protobuf::Message* message);

}  // namespace weir
