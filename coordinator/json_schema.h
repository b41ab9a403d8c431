// The JSON Schema (draft-07) of campaign files, made from the protobuf descriptor: for editors that
// complete and check YAML. Pure.
#pragma once

#include <string>

namespace weir {

std::string CampaignJsonSchema();

}  // namespace weir
