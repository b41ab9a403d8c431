// Counter-based randomness: a draw is a pure function of (key, counter), so that any agent can make
// any record or decision without shared state. The algorithms are fixed for ever: a seed means the
// same on every machine. Header-only; no state, any thread.
//
// Source: SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014; constants of Stafford's Mix13).
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace weir {

// A bijection of 64-bit integers.
constexpr uint64_t Mix64(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return x;
}

// The draw for this key and counter, uniform over all 64-bit values.
constexpr uint64_t Draw(uint64_t key, uint64_t counter) {
  return Mix64(Mix64(counter + 0x9e3779b97f4a7c15ULL) ^ key);
}

// A key for one purpose, derived from a seed: DeriveKey(seed, "arrivals"). FNV-1a over the purpose.
constexpr uint64_t DeriveKey(uint64_t seed, absl::string_view purpose) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (char c : purpose) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return Mix64(seed * 0x9e3779b97f4a7c15ULL + Mix64(hash));
}

// Maps a draw to 0 … bound−1 by multiplication (Lemire); bias below bound/2⁶⁴. bound > 0.
constexpr uint64_t Below(uint64_t draw, uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>((static_cast<Wide>(draw) * bound) >> 64);
}

// Maps a draw to [0, 1) with 53 bits.
constexpr double Unit(uint64_t draw) { return static_cast<double>(draw >> 11) * 0x1.0p-53; }

// A stream of draws for one counter: field after field of one record.
class DrawStream {
 public:
  constexpr DrawStream(uint64_t key, uint64_t counter) : state_(Draw(key, counter)) {}

  constexpr uint64_t Next() { return Mix64(state_ += 0x9e3779b97f4a7c15ULL); }
  constexpr uint64_t Below(uint64_t bound) { return weir::Below(Next(), bound); }
  constexpr double Unit() { return weir::Unit(Next()); }

 private:
  uint64_t state_;
};

}  // namespace weir
