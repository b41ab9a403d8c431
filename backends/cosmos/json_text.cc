#include "backends/cosmos/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

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

char* PutEscape(unsigned char c, char* at) {
  *at++ = '\\';
  *at++ = kEscapes[c];
  if (kEscapes[c] != kAsUnicode) return at;
  constexpr std::string_view kHex = "0123456789abcdef";
  *at++ = '0';
  *at++ = '0';
  *at++ = kHex[c >> 4];
  *at++ = kHex[c & 15];
  return at;
}

// Whether one of eight bytes needs an escape. Each test sets the high bit of the bytes that it
// finds (Warren, Hacker's Delight, 6-1); one that has its own high bit set never does.
bool NeedsEscape(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = 0x8080808080808080;
  const uint64_t quote = bytes ^ (kOnes * '"');
  const uint64_t backslash = bytes ^ (kOnes * '\\');
  const uint64_t found =
      (bytes - kOnes * 0x20) | ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash);
  return (found & ~bytes & kHighs) != 0;
}

uint64_t EightBytes(const char* from) {
  uint64_t bytes;
  std::memcpy(&bytes, from, sizeof(bytes));
  return bytes;
}

char* PutEachEscaped(std::string_view text, char* at) {
  for (const char letter : text) {
    const auto c = static_cast<unsigned char>(letter);
    if (kEscapes[c] == kPlain) {
      *at++ = letter;
    } else {
      at = PutEscape(c, at);
    }
  }
  return at;
}

// Of fewer than eight bytes.
char* PutShortEscaped(std::string_view text, char* at) {
  const size_t size = text.size();
  if (size < 4) return PutEachEscaped(text, at);
  // First and last four, which overlap.
  uint32_t first;
  uint32_t last;
  std::memcpy(&first, text.data(), 4);
  std::memcpy(&last, text.data() + size - 4, 4);
  if (NeedsEscape(uint64_t{first} << 32 | last)) return PutEachEscaped(text, at);
  std::memcpy(at, &first, 4);
  std::memcpy(at + size - 4, &last, 4);
  return at + size;
}

char* PutEscaped(std::string_view text, char* at) {
  const char* from = text.data();
  size_t left = text.size();
  if (left < 8) return PutShortEscaped(text, at);
  for (; left >= 8; from += 8, left -= 8) {
    const uint64_t bytes = EightBytes(from);
    if (!NeedsEscape(bytes)) [[likely]] {
      std::memcpy(at, &bytes, 8);
      at += 8;
    } else {
      at = PutEachEscaped({from, 8}, at);
    }
  }
  if (left == 0) return at;
  // The last eight overlap with what has been written; where nothing of them needs an escape, that
  // stands there byte for byte.
  const size_t again = 8 - left;
  const uint64_t bytes = EightBytes(from - again);
  if (NeedsEscape(bytes)) return PutEachEscaped({from, left}, at);
  std::memcpy(at - again, &bytes, 8);
  return at + left;
}

template <typename Number>
void AppendNumber(Number value, std::string* out) {
  char text[32];
  const std::to_chars_result end = std::to_chars(text, text + sizeof(text), value);
  out->append(text, end.ptr);
}

}  // namespace

void AppendJsonEscaped(std::string_view text, std::string* out) {
  char piece[6 * 256];
  while (!text.empty()) {
    const std::string_view part = text.substr(0, sizeof(piece) / 6);
    out->append(piece, PutEscaped(part, piece));
    text.remove_prefix(part.size());
  }
}

char* PutJsonString(std::string_view text, char* at) {
  *at++ = '"';
  at = PutEscaped(text, at);
  *at++ = '"';
  return at;
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  AppendJsonEscaped(text, out);
  out->push_back('"');
}

char* PutInteger(int64_t value, char* at) {
  return std::to_chars(at, at + kLongestNumber, value).ptr;
}

char* PutReal(double value, char* at) {
  if (std::isfinite(value)) return std::to_chars(at, at + kLongestNumber, value).ptr;
  constexpr std::string_view kNull = "null";
  return std::copy(kNull.begin(), kNull.end(), at);
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
