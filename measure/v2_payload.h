// HdrHistogram's V2 encoding of counters, not deflated: a header of 40 bytes, big-endian, then one
// ZigZag LEB128-64b9B number per counter from index 0, a negative one standing for a run of zeros.
// Only measure/histogram.cc and measure/tally_bounds.cc use it.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "measure/histogram.h"

namespace weir {

inline constexpr size_t kV2HeaderBytes = 40;

// Counters from index 0; what is left out at the end is zero.
std::string EncodeV2Payload(std::span<const uint64_t> counters);

// OK when the header is whole and of our layout, and its length is that of the payload.
absl::Status CheckV2Header(std::string_view payload);

absl::Status V2PayloadBroken(size_t at, absl::string_view what);

inline int64_t FromZigZag(uint64_t bits) {
  return static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
}

// The bytes of one LEB128-64b9B number, byte by byte; nullptr when it runs past the end.
inline const uint8_t* ReadLongV2Number(const uint8_t* at, const uint8_t* end, int64_t* number) {
  uint64_t bits = 0;
  for (int shift = 0; shift < 56; shift += 7) {
    if (at == end) return nullptr;
    const uint64_t byte = *at++;
    bits |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      *number = FromZigZag(bits);
      return at;
    }
  }
  if (at == end) return nullptr;
  bits |= static_cast<uint64_t>(*at++) << 56;  // the ninth byte holds eight bits
  *number = FromZigZag(bits);
  return at;
}

// The same. Nearly all numbers have one to four bytes; which is random, so that no branch asks.
inline const uint8_t* ReadV2Number(const uint8_t* at, const uint8_t* end, int64_t* number) {
  if (std::endian::native == std::endian::little && end - at >= 4) [[likely]] {
    uint32_t word;
    std::memcpy(&word, at, sizeof(word));
    const uint32_t stop = ~word & 0x80808080;  // its lowest bit is in the last byte of the number
    if (stop != 0) [[likely]] {
      word &= stop ^ (stop - 1);
      *number = FromZigZag((word & 0x7f) | (word >> 1 & 0x3f80) | (word >> 2 & 0x1fc000) |
                           (word >> 3 & 0xfe00000));
      return at + (std::countr_zero(stop) + 1) / 8;
    }
  }
  return ReadLongV2Number(at, end, number);
}

// Calls visit(index, count) for each counter that is not zero, in order, and with a count of 0
// where zeros begin. Stops with an error at the first byte that is wrong, or before the counts sum
// to more than `most`.
template <typename Visit>
absl::Status WalkV2Payload(std::string_view payload, uint64_t most, Visit visit) {
  if (absl::Status header = CheckV2Header(payload); !header.ok()) return header;
  const auto* const begin = reinterpret_cast<const uint8_t*>(payload.data());
  const auto* const end = begin + payload.size();
  const uint8_t* at = begin + kV2HeaderBytes;
  uint64_t left = most;
  size_t index = 0;
  while (at != end) {
    const uint8_t* const number_at = at;
    const auto broken = [&](absl::string_view what) {
      return V2PayloadBroken(static_cast<size_t>(number_at - begin), what);
    };
    int64_t number;
    at = ReadV2Number(at, end, &number);
    if (at == nullptr) return broken("ends within a number");
    const uint64_t skip = number < 0 ? -static_cast<uint64_t>(number) : 1;
    if (skip > Histogram::kCounters - index) return broken("has too many counters");
    // Counters and runs of zeros take turns at random: a sum costs less than a branch.
    const uint64_t count = number > 0 ? static_cast<uint64_t>(number) : 0;
    if (count > left) return broken("counts overflow");
    left -= count;
    visit(index, count);
    index += skip;
  }
  return absl::OkStatus();
}

}  // namespace weir
