#include "backends/cosmos/emulator/sql/characters.h"

#include <algorithm>
#include <cstdint>

namespace weir::cosmos::emulator::sql {
namespace {

uint32_t LowerOf(uint32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 0x20;
  if (c < 0xC0) return c;
  if (c <= 0xDE) return c == 0xD7 ? c : c + 0x20;
  if (c == 0x178) return 0xFF;
  const bool even = c % 2 == 0;
  if ((c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) {
    return even ? c + 1 : c;
  }
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return even ? c : c + 1;
  if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) return c + 0x20;
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  return c >= 0x410 && c <= 0x42F ? c + 0x20 : c;
}

uint32_t UpperOf(uint32_t c) {
  if (c >= 'a' && c <= 'z') return c - 0x20;
  if (c < 0xE0) return c;
  if (c <= 0xFE) return c == 0xF7 ? c : c - 0x20;
  if (c == 0xFF) return 0x178;
  const bool even = c % 2 == 0;
  if ((c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) {
    return even ? c : c - 1;
  }
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return even ? c - 1 : c;
  if (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) return c - 0x20;
  if (c >= 0x450 && c <= 0x45F) return c - 0x50;
  return c >= 0x430 && c <= 0x44F ? c - 0x20 : c;
}

// The mapped letters all take two bytes, so that a text keeps its length but for ÿ and Ÿ, which
// take two bytes both.
template <typename Map>
std::string Mapped(std::string_view text, Map map) {
  std::string out(text);
  for (size_t i = 0; i < out.size(); ++i) {
    const auto first = static_cast<unsigned char>(out[i]);
    if (first < 0x80) {
      out[i] = static_cast<char>(map(first));
    } else if ((first & 0xE0) == 0xC0 && i + 1 < out.size() && IsContinuation(out[i + 1])) {
      const auto second = static_cast<unsigned char>(out[i + 1]);
      const uint32_t c = map(static_cast<uint32_t>((first & 0x1F) << 6 | (second & 0x3F)));
      out[i] = static_cast<char>(0xC0 | (c >> 6));
      out[++i] = static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

}  // namespace

size_t OffsetOf(std::string_view text, double n) {
  size_t at = 0;
  for (double i = 0; i < n && at < text.size(); ++i) {
    do {
      ++at;
    } while (at < text.size() && IsContinuation(text[at]));
  }
  return at;
}

double CountCharacters(std::string_view text) {
  return static_cast<double>(
      std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

std::string_view SliceCharacters(std::string_view text, double from, double count) {
  const size_t start = OffsetOf(text, std::max(0.0, from));
  return text.substr(start, OffsetOf(text.substr(start), std::max(0.0, count)));
}

std::string Lowered(std::string_view text) { return Mapped(text, LowerOf); }
std::string Uppered(std::string_view text) { return Mapped(text, UpperOf); }

}  // namespace weir::cosmos::emulator::sql
