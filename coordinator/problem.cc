#include "coordinator/problem.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace weir {

std::string ToString(const Problem& problem) {
  if (problem.line == 0) return absl::StrCat(problem.file, ": ", problem.message);
  return absl::StrCat(problem.file, ":", problem.line, ":", problem.column, ": ", problem.message);
}

Problem ProblemAt(const Place& place, std::string message) {
  return {place.file, place.line, place.column, std::move(message)};
}

void SortByPlace(std::vector<Problem>* problems) {
  auto key = [](const Problem& problem) {
    return std::make_tuple(problem.line == 0, problem.line, problem.column);
  };
  std::stable_sort(problems->begin(), problems->end(),
                   [&](const Problem& a, const Problem& b) { return key(a) < key(b); });
}

std::string InQuotes(absl::string_view text) {
  constexpr size_t kLongest = 60;
  if (text.size() <= kLongest) return absl::StrCat("'", absl::Utf8SafeCEscape(text), "'");
  size_t end = kLongest;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not inside a character
  return absl::StrCat("'", absl::Utf8SafeCEscape(text.substr(0, end)), "…'");
}

}  // namespace weir
