#include "base/crc32c.h"

#include <array>

namespace weir {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78u;  // bits reflected: the highest is x⁰
constexpr uint64_t kStride = 64;

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kCrcTable = MakeCrcTable();

// The checksum goes on from that of what stands before.
uint32_t GoOn(uint32_t checksum, absl::string_view bytes) {
  uint32_t crc = ~checksum;
  for (const char c : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<uint8_t>(c)) & 0xff];
  return ~crc;
}

// a·b modulo the polynomial.
constexpr uint32_t Times(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = uint32_t{1} << 31; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b >> 1) ^ (b & 1 ? kPolynomial : 0);
  }
  return product;
}

// x to the power of 8·2ⁿ, for each n.
constexpr std::array<uint32_t, 32> MakePowers() {
  std::array<uint32_t, 32> powers{};
  uint32_t power = uint32_t{1} << 30;  // x
  for (int i = 0; i < 3; ++i) power = Times(power, power);
  for (uint32_t& each : powers) {
    each = power;
    power = Times(power, power);
  }
  return powers;
}

constexpr std::array<uint32_t, 32> kPowers = MakePowers();

// What a checksum counts for behind so many more bytes (as crc32_combine of zlib has it).
uint32_t Behind(uint32_t checksum, uint64_t bytes) {
  for (size_t n = 0; bytes != 0; ++n, bytes >>= 1) {
    if ((bytes & 1) != 0) checksum = Times(kPowers[n], checksum);
  }
  return checksum;
}

}  // namespace

uint32_t Crc32c(absl::string_view bytes) { return GoOn(0, bytes); }

PartCrcs::PartCrcs(absl::string_view bytes) : bytes_(bytes) {
  beginnings_.reserve(bytes.size() / kStride + 1);
  beginnings_.push_back(0);
  for (uint64_t at = 0; at + kStride <= bytes.size(); at += kStride) {
    beginnings_.push_back(GoOn(beginnings_.back(), bytes.substr(at, kStride)));
  }
}

uint32_t PartCrcs::OfBeginning(uint64_t size) const {
  const uint64_t known = size / kStride;
  return GoOn(beginnings_[known], bytes_.substr(known * kStride, size % kStride));
}

uint32_t PartCrcs::Of(uint64_t offset, uint64_t size) const {
  return OfBeginning(offset + size) ^ Behind(OfBeginning(offset), size);
}

}  // namespace weir
