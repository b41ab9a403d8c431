// Writes text into a record's room: literals, decimals and hex digits, without formatting
// libraries. The caller has reserved enough room. Not thread-safe.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/put_bytes.h"

namespace weir {

class TextAppender {
 public:
  explicit TextAppender(char* room) : begin_(room), end_(room) {}

  size_t size() const { return static_cast<size_t>(end_ - begin_); }

  void Append(std::string_view text) { end_ = PutBytes(text, end_); }
  void Append(char c) { *end_++ = c; }

  void Decimal(uint64_t number) {
    char* first = end_ + DecimalDigits(number);
    end_ = first;
    while (number >= 100) {
      first -= 2;
      std::memcpy(first, kPairs + number % 100 * 2, 2);
      number /= 100;
    }
    if (number >= 10) {
      std::memcpy(first - 2, kPairs + number * 2, 2);
    } else {
      first[-1] = static_cast<char>('0' + number);
    }
  }

  // Exactly `digits` decimal digits, the lowest ones.
  void PaddedDecimal(uint64_t number, int digits) {
    for (int i = digits; i-- > 0; number /= 10) end_[i] = static_cast<char>('0' + number % 10);
    end_ += digits;
  }

  // The lowest `digits` hex digits, lower case.
  void Hex(uint64_t number, int digits) {
    for (int i = digits; i-- > 0; number >>= 4) end_[i] = "0123456789abcdef"[number & 15];
    end_ += digits;
  }

  // 16 hex digits at once: the nibbles are spread to bytes and turned into digits in two words.
  void Hex16(uint64_t number) {
    StoreHex8(static_cast<uint32_t>(number >> 32));
    StoreHex8(static_cast<uint32_t>(number));
  }

 private:
  static int DecimalDigits(uint64_t number) {
    int digits = 1;
    for (; number >= 10'000; number /= 10'000) digits += 4;
    return digits + (number >= 10 ? 1 : 0) + (number >= 100 ? 1 : 0) + (number >= 1000 ? 1 : 0);
  }

  void StoreHex8(uint32_t number) {
    uint64_t x = number;
    x = ((x << 16) | x) & 0x0000ffff0000ffffULL;
    x = ((x << 8) | x) & 0x00ff00ff00ff00ffULL;
    x = ((x << 4) | x) & 0x0f0f0f0f0f0f0f0fULL;
    const uint64_t letters = ((x + 0x0606060606060606ULL) >> 4) & 0x0101010101010101ULL;
    x += 0x3030303030303030ULL + letters * 0x27;
    if constexpr (std::endian::native == std::endian::little) x = __builtin_bswap64(x);
    std::memcpy(end_, &x, sizeof(x));
    end_ += 8;
  }

  static constexpr char kPairs[] =
      "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243"
      "4445464748495051525354555657585960616263646566676869707172737475767778798081828384858687"
      "888990919293949596979899";

  char* begin_;
  char* end_;
};

}  // namespace weir
