#include "backends/cosmos/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace weir::cosmos {
namespace {

constexpr char kPlain = 0;
constexpr char kAsUnicode = 'u';

// For each byte: plain, the letter after the backslash, or \u00XX.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (int c = 0; c < 0x20; ++c) escapes[c] = kAsUnicode;
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  return escapes;
}();

void AppendEscape(unsigned char c, std::string* out) {
  out->push_back('\\');
  out->push_back(kEscapes[c]);
  if (kEscapes[c] != kAsUnicode) return;
  constexpr std::string_view kHex = "0123456789abcdef";
  out->append("00");
  out->push_back(kHex[c >> 4]);
  out->push_back(kHex[c & 15]);
}

template <typename Number>
void AppendNumber(Number value, std::string* out) {
  char text[32];
  const std::to_chars_result end = std::to_chars(text, text + sizeof(text), value);
  out->append(text, end.ptr);
}

}  // namespace

void AppendJsonEscaped(std::string_view text, std::string* out) {
  size_t plain = 0;  // what lies between here and i goes out in one piece
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (kEscapes[c] == kPlain) [[likely]]
      continue;
    out->append(text, plain, i - plain);
    AppendEscape(c, out);
    plain = i + 1;
  }
  out->append(text, plain);
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  AppendJsonEscaped(text, out);
  out->push_back('"');
}

void AppendInteger(int64_t value, std::string* out) { AppendNumber(value, out); }

void AppendReal(double value, std::string* out) {
  if (!std::isfinite(value)) {
    out->append("null");
    return;
  }
  AppendNumber(value, out);
}

}  // namespace weir::cosmos
