// What a run states about itself beside the campaign: what was built, and from which file it ran.
#pragma once

#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

// `text`: of the campaign file.
std::vector<v1::Condition> RunConditions(const std::string& text);

}  // namespace weir
