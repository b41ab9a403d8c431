// The grammar of HTTP/1.1 that requests and answers have in common (RFC 9112). Pure.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace weir::cosmos {

inline bool SameWithoutCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && absl::EqualsIgnoreCase(absl::string_view(a.data(), a.size()),
                                                        absl::string_view(b.data(), b.size()));
}

inline bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Without the blanks around it.
inline std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// The whole text as a number of digits only; false for anything else.
inline bool ReadNumber(std::string_view text, int base, uint64_t* number) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, *number, base);
  return !text.empty() && read.ec == std::errc() && read.ptr == end;
}

// The next element of a list with commas, without blanks; what is left stays in *list.
inline std::string_view TakeListElement(std::string_view* list) {
  const size_t comma = list->find(',');
  const std::string_view element = Trimmed(list->substr(0, comma));
  list->remove_prefix(comma == std::string_view::npos ? list->size() : comma + 1);
  return element;
}

}  // namespace weir::cosmos
