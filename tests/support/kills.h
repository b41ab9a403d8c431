// How many times a test that kills what it tests is to do so.
#pragma once

#include <cstdlib>

namespace weir {

// As the environment's WEIR_KILLS says (`./dev test --long` runs each such test with 1,000), else
// `otherwise`.
inline int KillsWanted(int otherwise) {
  const char* wanted = std::getenv("WEIR_KILLS");
  const int kills = wanted == nullptr ? 0 : std::atoi(wanted);
  return kills > 0 ? kills : otherwise;
}

}  // namespace weir
