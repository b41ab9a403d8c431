// Looks into JSON of a server that may hold anything. For set-up code: includes nlohmann/json.
#pragma once

#include <nlohmann/json.hpp>

namespace weir::cosmos {

// What stands at the pointer ("/Offers/0/content"); null when there is nothing.
inline nlohmann::json LookUp(const nlohmann::json& json, const char* pointer) {
  try {
    return json.at(nlohmann::json::json_pointer(pointer));
  } catch (const nlohmann::json::exception&) {
    return nullptr;
  }
}

}  // namespace weir::cosmos
