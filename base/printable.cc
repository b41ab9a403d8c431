#include "base/printable.h"

#include <cstddef>
#include <cstdint>

namespace weir {
namespace {

constexpr uint32_t kNoCharacter = 0xFFFFFFFF;

struct Character {
  uint32_t point;  // kNoCharacter: not UTF-8
  size_t bytes;
};

// Bytes that a lead byte announces; 0 for a byte that can lead nothing.
size_t LengthOf(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
Character First(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = LengthOf(lead);
  if (length == 0 || length > text.size()) return {kNoCharacter, 1};
  uint32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {kNoCharacter, 1};
    point = point << 6 | (next & 0x3Fu);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point < 0xE000;
  if (overlong || surrogate || point > 0x10FFFF) return {kNoCharacter, 1};
  return {point, length};
}

bool IsControl(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029;
}

bool ChangesDirection(uint32_t point) {
  return point == 0x061C || point == 0x200E || point == 0x200F ||
         (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string printable;
  printable.reserve(text.size());
  while (!text.empty()) {
    const Character first = First(text);
    if (first.point == kNoCharacter) {
      printable += "\xEF\xBF\xBD";
    } else if (IsControl(first.point)) {
      printable += ' ';
    } else if (!ChangesDirection(first.point)) {
      printable.append(text.data(), first.bytes);
    }
    text.remove_prefix(first.bytes);
  }
  return printable;
}

}  // namespace weir
