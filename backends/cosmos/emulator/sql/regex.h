// Regular expressions of REGEXMATCH. In linear time, so that no pattern can stop the emulator:
// look-around and back references, which need more, are refused.
#pragma once

#include <string>
#include <string_view>

#include "backends/cosmos/emulator/sql/value.h"

namespace weir::cosmos::emulator::sql {

// Modifiers: m (^ and $ at lines), s (. takes line ends), i (any case), x (spaces and # comments
// in the pattern mean nothing). Undefined for a pattern or modifiers that make no sense.
Value MatchRegex(std::string_view text, std::string_view pattern, std::string_view modifiers);

// What is wrong with them; empty when they make sense.
std::string CheckRegex(std::string_view pattern, std::string_view modifiers);

}  // namespace weir::cosmos::emulator::sql
