#include "backends/cosmos/emulator/sql/like.h"

#include <cstddef>

namespace weir::cosmos::emulator::sql {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

size_t CharacterBytes(std::string_view text) {
  size_t size = 1;
  while (size < text.size() && IsContinuation(text[size])) ++size;
  return size;
}

// Whether c is in the set at pattern[0] == '['; *set_size is its length, 0 when it does not end.
bool InSet(char c, std::string_view pattern, size_t* set_size) {
  const size_t end = pattern.find(']', 2);
  if (end == std::string_view::npos) {
    *set_size = 0;
    return false;
  }
  *set_size = end + 1;
  std::string_view set = pattern.substr(1, end - 1);
  const bool negated = !set.empty() && set[0] == '^';
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found |= c >= set[i] && c <= set[i + 2];
      i += 2;
    } else {
      found |= c == set[i];
    }
  }
  return found != negated;
}

// How much of text and pattern one step matches, other than %; false when it does not.
bool Step(std::string_view text, std::string_view pattern, char escape, size_t* text_size,
          size_t* pattern_size) {
  *text_size = 1;
  *pattern_size = 1;
  if (text.empty()) return false;
  if (escape != '\0' && pattern[0] == escape && pattern.size() > 1) {
    *pattern_size = 2;
    return text[0] == pattern[1];
  }
  if (pattern[0] == '_') {
    *text_size = CharacterBytes(text);
    return true;
  }
  if (pattern[0] == '[') {
    const bool in_set = InSet(text[0], pattern, pattern_size);
    if (*pattern_size > 0) return in_set;
    *pattern_size = 1;
  }
  return text[0] == pattern[0];
}

}  // namespace

// Greedy with one point to come back to: the last % and where its text may begin.
bool MatchesLike(std::string_view text, std::string_view pattern, char escape) {
  size_t t = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (t < text.size() || p < pattern.size()) {
    if (p < pattern.size() && pattern[p] == '%' && escape != '%') {
      star = ++p;
      star_text = t;
      continue;
    }
    size_t text_size = 0;
    size_t pattern_size = 0;
    if (p < pattern.size() &&
        Step(text.substr(t), pattern.substr(p), escape, &text_size, &pattern_size)) {
      t += text_size;
      p += pattern_size;
      continue;
    }
    if (star == std::string_view::npos || star_text >= text.size()) return false;
    t = ++star_text;
    p = star;
  }
  return true;
}

}  // namespace weir::cosmos::emulator::sql
