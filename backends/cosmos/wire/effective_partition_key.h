// Effective partition keys (EPK): where a logical partition key lies in a container's hash space,
// by the V2 hash, and the bounds of physical partitions in that space. Pure; any thread.
//
// Source: murmur3 x64-128 (Appleby, public domain) over a type byte and the value, as the official
// SDKs compute it; tests/backends/cosmos_wire holds the vectors.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"

#include "backends/cosmos/wire/partition_key.h"

namespace weir::cosmos {

// Bytes compared from the left, a prefix before what it begins: the order of the upper-case hex
// strings on the wire. 16 bytes per level of the key; bounds of ranges may be shorter. Holds no
// memory of its own.
class EffectivePartitionKey {
 public:
  static constexpr size_t kHashBytes = 16;
  static constexpr size_t kMaxBytes = kHashBytes * kMaxPartitionKeyLevels;

  constexpr EffectivePartitionKey() = default;  // the least: where the first range begins
  // Upper or lower case; nothing when it is not hex or too long.
  static std::optional<EffectivePartitionKey> FromHex(std::string_view hex);

  std::string ToHex() const;
  absl::Span<const uint8_t> bytes() const { return {bytes_.data(), size_}; }

  // Room permitting: at most kMaxBytes in all.
  void Append(absl::Span<const uint8_t> more);

  friend std::strong_ordering operator<=>(const EffectivePartitionKey& a,
                                          const EffectivePartitionKey& b) {
    const int order = std::memcmp(a.bytes_.data(), b.bytes_.data(), std::min(a.size_, b.size_));
    return order != 0 ? order <=> 0 : a.size_ <=> b.size_;
  }
  friend bool operator==(const EffectivePartitionKey& a, const EffectivePartitionKey& b) {
    return (a <=> b) == std::strong_ordering::equal;
  }

 private:
  std::array<uint8_t, kMaxBytes> bytes_{};
  uint8_t size_ = 0;
};

// The V2 hash of one value. No allocation for strings up to the 2,048 bytes that a key may have.
EffectivePartitionKey HashPartitionKey(const PartitionKeyValue& value);

// One level: its V2 hash (kind Hash). More: their hashes one after the other (kind MultiHash),
// which for a prefix of the levels is the least EPK of all keys beginning so.
EffectivePartitionKey HashPartitionKey(absl::Span<const PartitionKeyValue> levels);

// Above every EPK that a key beginning with these levels can have: their EPK and "FF".
EffectivePartitionKey EndOfPrefix(const EffectivePartitionKey& prefix);

// The bound "FF" above all keys.
EffectivePartitionKey EndOfKeySpace();

// Lower bound of range i of n equal ranges; the empty key for i = 0, EndOfKeySpace for i = n.
EffectivePartitionKey EvenBound(int i, int n);

}  // namespace weir::cosmos
