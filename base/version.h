// What was built: "0.1.0 (1a2b3c4, RelWithDebInfo)".
#pragma once

#include <string_view>

namespace weir {

std::string_view Version();

}  // namespace weir
