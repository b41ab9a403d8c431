// Texts in UTF-8 by the character: the language counts characters, not bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::cosmos::emulator::sql {

inline bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Byte offset of the n-th character, or the end.
size_t OffsetOf(std::string_view text, double n);
double CountCharacters(std::string_view text);
// `count` characters from the `from`-th on; both may lie outside.
std::string_view SliceCharacters(std::string_view text, double from, double count);

// Letters of the Latin, Greek and Cyrillic alphabets; others stay as they are.
std::string Lowered(std::string_view text);
std::string Uppered(std::string_view text);

}  // namespace weir::cosmos::emulator::sql
