// HdrHistogram's V2 encoding of counters, not deflated: a header of 40 bytes, big-endian, then one
// ZigZag LEB128-64b9B number per counter from index 0, a negative one standing for a run of zeros.
// Only measure/histogram.cc uses it.
#pragma once

#include <cstdint>
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

// The bytes of one LEB128-64b9B number; nullptr when it runs past the end.
inline const uint8_t* ReadV2Number(const uint8_t* at, const uint8_t* end, int64_t* number) {
  uint64_t bits = 0;
  for (int shift = 0; shift < 56; shift += 7) {
    if (at == end) return nullptr;
    const uint64_t byte = *at++;
    bits |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      *number = static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
      return at;
    }
  }
  if (at == end) return nullptr;
  bits |= static_cast<uint64_t>(*at++) << 56;  // the ninth byte holds eight bits
  *number = static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
  return at;
}

// Calls visit(index, count) for each counter that is not zero, in order. Stops with an error at the
// first byte that is wrong, or before the counts sum to more than `most`.
template <typename Visit>
absl::Status WalkV2Payload(std::string_view payload, uint64_t most, Visit visit) {
  if (absl::Status header = CheckV2Header(payload); !header.ok()) return header;
  const auto* const begin = reinterpret_cast<const uint8_t*>(payload.data());
  const auto* const end = begin + payload.size();
  const uint8_t* at = begin + kV2HeaderBytes;
  uint64_t left = most;
  size_t index = 0;
  while (at != end) {
    const size_t offset = static_cast<size_t>(at - begin);
    int64_t number;
    at = ReadV2Number(at, end, &number);
    if (at == nullptr) return V2PayloadBroken(offset, "ends within a number");
    const uint64_t skip = number < 0 ? -static_cast<uint64_t>(number) : 1;
    if (skip > Histogram::kCounters - index)
      return V2PayloadBroken(offset, "has too many counters");
    if (number > 0) {
      if (static_cast<uint64_t>(number) > left) return V2PayloadBroken(offset, "counts overflow");
      left -= static_cast<uint64_t>(number);
      visit(index, static_cast<uint64_t>(number));
    }
    index += skip;
  }
  return absl::OkStatus();
}

}  // namespace weir
