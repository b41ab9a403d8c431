// Copies bytes of which there are few, mostly: two words that may overlap cost less than the call
// of a function. Header-only; any thread.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace weir {

// The first and the last kWord bytes, of at most twice as many.
template <size_t kWord>
inline void PutEnds(const char* from, size_t size, char* at) {
  char first[kWord];
  char last[kWord];
  std::memcpy(first, from, kWord);
  std::memcpy(last, from + size - kWord, kWord);
  std::memcpy(at, first, kWord);
  std::memcpy(at + size - kWord, last, kWord);
}

// The end of what it wrote. `at` has room for the bytes, and is no part of them.
inline char* PutBytes(std::string_view bytes, char* at) {
  const char* from = bytes.data();
  const size_t size = bytes.size();
  if (size > 32) {
    std::memcpy(at, from, size);
  } else if (size > 16) {
    PutEnds<16>(from, size, at);
  } else if (size >= 8) {
    PutEnds<8>(from, size, at);
  } else if (size >= 4) {
    PutEnds<4>(from, size, at);
  } else {
    for (size_t i = 0; i < size; ++i) at[i] = from[i];
  }
  return at + size;
}

}  // namespace weir
