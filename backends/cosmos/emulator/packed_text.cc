#include "backends/cosmos/emulator/packed_text.h"

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <iterator>

namespace weir::cosmos::emulator {
namespace {

constexpr char kDateCharacters[] = {'-', ':', '.', 'T', 'Z', '+'};

__m128i Load(const char* bytes) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)); }

// Bytes that are at least `low` and at most `high`.
__m128i Between(__m128i x, char low, char high) {
  return _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8(static_cast<char>(low - 1))),
                       _mm_cmplt_epi8(x, _mm_set1_epi8(static_cast<char>(high + 1))));
}

// 16 half bytes to 8 bytes, the first of two above the second.
void StorePairs(__m128i halves, char* out) {
  const __m128i pairs = _mm_and_si128(
      _mm_or_si128(_mm_slli_epi16(halves, 4), _mm_srli_epi16(halves, 8)), _mm_set1_epi16(0xFF));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packus_epi16(pairs, pairs));
}

// 8 bytes to 16 half bytes.
__m128i LoadPairs(const char* packed) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(packed));
  const __m128i low = _mm_set1_epi8(0x0F);
  return _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi16(bytes, 4), low), _mm_and_si128(bytes, low));
}

uint32_t Mask(__m128i x) { return static_cast<uint32_t>(_mm_movemask_epi8(x)); }

bool HasOthers(__m128i allowed, size_t left) {
  const uint32_t wanted = left >= 16 ? 0xFFFF : (1U << left) - 1;
  return (Mask(allowed) & wanted) != wanted;
}

}  // namespace

bool PackHex(const char* text, size_t size, char* out) {
  for (size_t at = 0; at < size; at += 16, out += 8) {
    const __m128i x = Load(text + at);
    const __m128i letters = Between(x, 'a', 'f');
    if (HasOthers(_mm_or_si128(Between(x, '0', '9'), letters), size - at)) return false;
    StorePairs(_mm_add_epi8(_mm_and_si128(x, _mm_set1_epi8(0x0F)),
                            _mm_and_si128(letters, _mm_set1_epi8(9))),
               out);
  }
  return true;
}

void UnpackHex(const char* packed, size_t size, char* out) {
  for (size_t at = 0; at < size; at += 16, packed += 8) {
    const __m128i halves = LoadPairs(packed);
    const __m128i letters = _mm_cmpgt_epi8(halves, _mm_set1_epi8(9));
    const __m128i text = _mm_add_epi8(_mm_add_epi8(halves, _mm_set1_epi8('0')),
                                      _mm_and_si128(letters, _mm_set1_epi8('a' - '0' - 10)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), text);
  }
}

bool PackDate(const char* text, size_t size, char* out) {
  for (size_t at = 0; at < size; at += 16, out += 8) {
    const __m128i x = Load(text + at);
    __m128i allowed = Between(x, '0', '9');
    __m128i halves = _mm_and_si128(allowed, _mm_and_si128(x, _mm_set1_epi8(0x0F)));
    for (size_t i = 0; i < std::size(kDateCharacters); ++i) {
      const __m128i is_it = _mm_cmpeq_epi8(x, _mm_set1_epi8(kDateCharacters[i]));
      allowed = _mm_or_si128(allowed, is_it);
      halves = _mm_or_si128(halves, _mm_and_si128(is_it, _mm_set1_epi8(static_cast<char>(10 + i))));
    }
    if (HasOthers(allowed, size - at)) return false;
    StorePairs(halves, out);
  }
  return true;
}

void UnpackDate(const char* packed, size_t size, char* out) {
  for (size_t at = 0; at < size; at += 16, packed += 8) {
    const __m128i halves = LoadPairs(packed);
    __m128i text = _mm_add_epi8(halves, _mm_set1_epi8('0'));
    for (size_t i = 0; i < std::size(kDateCharacters); ++i) {
      const auto code = static_cast<char>(10 + i);
      const __m128i is_it = _mm_cmpeq_epi8(halves, _mm_set1_epi8(code));
      const auto more = static_cast<char>(kDateCharacters[i] - '0' - code);
      text = _mm_add_epi8(text, _mm_and_si128(is_it, _mm_set1_epi8(more)));
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), text);
  }
}

size_t PackDigits(const char* text, char* out) {
  const __m128i x = Load(text);
  const uint32_t digits = Mask(Between(x, '0', '9'));
  StorePairs(_mm_and_si128(x, _mm_set1_epi8(0x0F)), out);
  return static_cast<size_t>(std::countr_one(digits));
}

}  // namespace weir::cosmos::emulator
