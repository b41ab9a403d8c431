// What is known of the terminal that output goes to.
#pragma once

namespace weir {

int TerminalWidth();     // of standard output, 60 to 160; $COLUMNS or 100 where it is none
bool TerminalColours();  // standard output is a terminal, and NO_COLOR is not set

}  // namespace weir
