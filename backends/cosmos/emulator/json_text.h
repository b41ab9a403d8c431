// Writing JSON by appending to a string.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::cosmos::emulator {

// Quoted and escaped; UTF-8 is kept.
inline void AppendJsonString(std::string_view text, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out->append("\\u00");
          out->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
          out->push_back(kHex[c & 0xF]);
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

inline std::string JsonString(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

inline void AppendInteger(int64_t number, std::string* out) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof(text), number).ptr;
  out->append(text, static_cast<size_t>(end - text));
}

// The shortest text that reads back the same; whole numbers without a point, and
// below 10²¹ without an exponent, as JavaScript writes them. Finite numbers only.
inline void AppendJsonNumber(double number, std::string* out) {
  constexpr double kExact = 9007199254740992.0;  // 2⁵³
  if (std::trunc(number) == number && std::abs(number) < kExact) {
    return AppendInteger(static_cast<int64_t>(number), out);
  }
  char text[32];
  const bool is_whole = std::trunc(number) == number && std::abs(number) < 1e21;
  const auto end =
      is_whole ? std::to_chars(text, text + sizeof(text), number, std::chars_format::fixed).ptr
               : std::to_chars(text, text + sizeof(text), number).ptr;
  out->append(text, static_cast<size_t>(end - text));
}

// Hundredths as a decimal: 1038 is 10.38, 100 is 1.
inline void AppendHundredths(int64_t hundredths, std::string* out) {
  AppendInteger(hundredths / 100, out);
  const auto rest = static_cast<int>(hundredths % 100);
  if (rest == 0) return;
  out->push_back('.');
  out->push_back(static_cast<char>('0' + rest / 10));
  if (rest % 10 != 0) out->push_back(static_cast<char>('0' + rest % 10));
}

}  // namespace weir::cosmos::emulator
