#include "backends/cosmos/wire/effective_partition_key.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"

namespace weir::cosmos {
namespace {

static_assert(std::endian::native == std::endian::little, "murmur3 reads little-endian words");

uint64_t Avalanche(uint64_t k) {
  k ^= k >> 33;
  k *= 0xff51afd7ed558ccdULL;
  k ^= k >> 33;
  k *= 0xc4ceb9fe1a85ec53ULL;
  k ^= k >> 33;
  return k;
}

constexpr uint64_t kC1 = 0x87c37b91114253d5ULL;
constexpr uint64_t kC2 = 0x4cf5ad432745937fULL;

uint64_t MixLow(uint64_t k) { return std::rotl(k * kC1, 31) * kC2; }
uint64_t MixHigh(uint64_t k) { return std::rotl(k * kC2, 33) * kC1; }

// The first `count` (≤ 8) bytes as a little-endian word.
uint64_t LoadTail(const uint8_t* bytes, size_t count) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

struct Hash128 {
  uint64_t low = 0;   // h1
  uint64_t high = 0;  // h2
};

Hash128 Finish(Hash128 hash, uint64_t size) {
  hash.low ^= size;
  hash.high ^= size;
  hash.low += hash.high;
  hash.high += hash.low;
  hash.low = Avalanche(hash.low);
  hash.high = Avalanche(hash.high);
  hash.low += hash.high;
  hash.high += hash.low;
  return hash;
}

Hash128 Murmur3(const uint8_t* bytes, size_t size) {
  Hash128 hash;
  size_t at = 0;
  for (; at + 16 <= size; at += 16) {
    hash.low = std::rotl(hash.low ^ MixLow(LoadTail(bytes + at, 8)), 27) + hash.high;
    hash.low = hash.low * 5 + 0x52dce729;
    hash.high = std::rotl(hash.high ^ MixHigh(LoadTail(bytes + at + 8, 8)), 31) + hash.low;
    hash.high = hash.high * 5 + 0x38495ab5;
  }
  const size_t rest = size - at;
  if (rest > 8) hash.high ^= MixHigh(LoadTail(bytes + at + 8, rest - 8));
  if (rest > 0) hash.low ^= MixLow(LoadTail(bytes + at, std::min<size_t>(rest, 8)));
  return Finish(hash, size);
}

void StoreBigEndian(uint64_t word, uint8_t* out) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<uint8_t>(word >> (56 - 8 * i));
}

EffectivePartitionKey FromEncoded(const uint8_t* bytes, size_t size) {
  const Hash128 hash = Murmur3(bytes, size);
  uint8_t key[EffectivePartitionKey::kHashBytes];
  StoreBigEndian(hash.high, key);
  StoreBigEndian(hash.low, key + 8);
  key[0] &= 0x3F;  // the key space ends before 0x40
  EffectivePartitionKey result;
  result.Append(key);
  return result;
}

constexpr uint8_t kTypeByte[] = {0x00, 0x01, 0x02, 0x03, 0x05, 0x08};  // by PartitionKeyValue::Kind

EffectivePartitionKey HashString(std::string_view text) {
  constexpr size_t kOnStack = 2050;
  uint8_t stack[kOnStack];
  std::string heap;
  uint8_t* encoded = stack;
  if (text.size() + 2 > kOnStack) {
    heap.resize(text.size() + 2);
    encoded = reinterpret_cast<uint8_t*>(heap.data());
  }
  encoded[0] = 0x08;
  std::memcpy(encoded + 1, text.data(), text.size());
  encoded[text.size() + 1] = 0xFF;
  return FromEncoded(encoded, text.size() + 2);
}

EffectivePartitionKey HashNumber(double number) {
  uint8_t encoded[9] = {0x05};
  std::memcpy(encoded + 1, &number, sizeof(number));
  return FromEncoded(encoded, sizeof(encoded));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<EffectivePartitionKey> EffectivePartitionKey::FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0 || hex.size() > 2 * kMaxBytes) return std::nullopt;
  EffectivePartitionKey key;
  for (size_t at = 0; at < hex.size(); at += 2) {
    const int high = HexDigit(hex[at]);
    const int low = HexDigit(hex[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    key.bytes_[key.size_++] = static_cast<uint8_t>(high * 16 + low);
  }
  return key;
}

std::string EffectivePartitionKey::ToHex() const {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string hex;
  hex.reserve(2 * bytes().size());
  for (const uint8_t byte : bytes()) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 0xF]);
  }
  return hex;
}

void EffectivePartitionKey::Append(absl::Span<const uint8_t> more) {
  WEIR_CHECK(size_ + more.size() <= kMaxBytes);
  std::copy(more.begin(), more.end(), bytes_.begin() + size_);
  size_ = static_cast<uint8_t>(size_ + more.size());
}

EffectivePartitionKey HashPartitionKey(const PartitionKeyValue& value) {
  switch (value.kind()) {
    case PartitionKeyValue::Kind::kString:
      return HashString(value.text());
    case PartitionKeyValue::Kind::kNumber:
      return HashNumber(value.number());
    default:
      return FromEncoded(&kTypeByte[static_cast<size_t>(value.kind())], 1);
  }
}

EffectivePartitionKey HashPartitionKey(absl::Span<const PartitionKeyValue> levels) {
  EffectivePartitionKey key;
  for (const PartitionKeyValue& level : levels) key.Append(HashPartitionKey(level).bytes());
  return key;
}

EffectivePartitionKey EndOfPrefix(const EffectivePartitionKey& prefix) {
  WEIR_CHECK(prefix.bytes().size() < EffectivePartitionKey::kMaxBytes);
  EffectivePartitionKey end = prefix;
  constexpr uint8_t kEnd[] = {0xFF};
  end.Append(kEnd);
  return end;
}

EffectivePartitionKey EndOfKeySpace() { return EndOfPrefix({}); }

EffectivePartitionKey EvenBound(int i, int n) {
  WEIR_CHECK(n > 0 && i >= 0 && i <= n);
  if (i == 0) return {};
  if (i == n) return EndOfKeySpace();
  // One below the even cut: 1FFF…FF, not 2000…00, for n = 2.
  __extension__ using Wide = unsigned __int128;
  const Wide space = static_cast<Wide>(0x40) << 120;
  const Wide bound = space / static_cast<unsigned>(n) * static_cast<unsigned>(i) - 1;
  uint8_t bytes[EffectivePartitionKey::kHashBytes];
  StoreBigEndian(static_cast<uint64_t>(bound >> 64), bytes);
  StoreBigEndian(static_cast<uint64_t>(bound), bytes + 8);
  EffectivePartitionKey key;
  key.Append(bytes);
  return key;
}

}  // namespace weir::cosmos
