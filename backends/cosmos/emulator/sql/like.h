// The LIKE pattern: % any text, _ one character, [a-f] or [^a-f] one of a set.
#pragma once

#include <string_view>

namespace weir::cosmos::emulator::sql {

// escape: the character after which a special one stands for itself; '\0' for none.
bool MatchesLike(std::string_view text, std::string_view pattern, char escape);

}  // namespace weir::cosmos::emulator::sql
