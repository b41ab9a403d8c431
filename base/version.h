// What was built: "0.1.0 (1a2b3c4, RelWithDebInfo)".
#pragma once

#include <string_view>

namespace weir {

std::string_view Version();
std::string_view Compiler();       // "GNU 12.2.0"
std::string_view CompilerFlags();  // "-std=c++20 -O2 -g -DNDEBUG"

}  // namespace weir
