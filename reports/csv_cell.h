// A cell of a CSV file (RFC 4180). Pure.
#pragma once

#include <string>

namespace weir {

// Quoted where it must be; with an apostrophe before what a spreadsheet would run as a formula.
std::string CsvCell(std::string text);

}  // namespace weir
