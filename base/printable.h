// Text of strangers (a database, an agent, a coordinator, a file) for a terminal, a log or a table.
// Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace weir {

// The text on one line: spaces for control characters (C0, C1, separators of lines and paragraphs),
// so that it cannot steer a terminal; nothing for marks that change the direction of what follows
// (Unicode's bidirectional controls), so that it cannot make other text read otherwise; U+FFFD for
// what is not UTF-8.
std::string Printable(absl::string_view text);

}  // namespace weir
