#include "reports/csv_cell.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

#include "base/printable.h"

namespace weir {
namespace {

// A cell that starts so is run as a formula by spreadsheets, by some also in full width, or behind
// spaces.
bool LooksLikeFormula(absl::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.empty()) return false;
  if (absl::StrContains("=+-@\t\r\n", text[0])) return true;
  return absl::StartsWith(text, "＝") || absl::StartsWith(text, "＋") ||
         absl::StartsWith(text, "－") || absl::StartsWith(text, "＠");
}

}  // namespace

std::string CsvCell(std::string text) {
  const bool formula = LooksLikeFormula(text);
  text = Printable(text);
  if (formula || LooksLikeFormula(text)) text.insert(0, "'");
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return "\"" + absl::StrReplaceAll(text, {{"\"", "\"\""}}) + "\"";
}

}  // namespace weir
