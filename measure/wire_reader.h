// Walks the fields of one protobuf message in its wire format, in place. Source of the format:
// protobuf.dev/programming-guides/encoding. Stops at anything that is damaged or that proto3 does
// not write (groups, field number 0).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

class WireReader {
 public:
  explicit WireReader(std::string_view wire)
      : at_(reinterpret_cast<const uint8_t*>(wire.data())), end_(at_ + wire.size()) {}

  // The next field; false at the end and at damage.
  bool Next() {
    uint64_t tag;
    if (broken_ || at_ == end_ || !ReadVarint(kShort, &tag)) return false;
    field_ = tag >> 3;
    type_ = tag & 7;
    if (field_ == 0 || tag > UINT32_MAX) return Break();
    if (type_ == kVarint) return ReadVarint(kLong, &number_);
    if (type_ != kBytes) return Break();
    uint64_t size;
    if (!ReadVarint(kShort, &size)) return false;
    if (size > static_cast<size_t>(end_ - at_)) return Break();
    bytes_ = {reinterpret_cast<const char*>(at_), size};
    at_ += size;
    return true;
  }

  bool broken() const { return broken_; }
  uint64_t field() const { return field_; }
  bool is_number() const { return type_ == kVarint; }
  bool is_bytes() const { return type_ == kBytes; }
  uint64_t number() const { return number_; }
  std::string_view bytes() const { return bytes_; }

 private:
  static constexpr uint64_t kVarint = 0;
  static constexpr uint64_t kBytes = 2;
  static constexpr int kShort = 5;  // bytes of a tag or a size
  static constexpr int kLong = 10;

  bool Break() {
    broken_ = true;
    return false;
  }

  bool ReadVarint(int most_bytes, uint64_t* value) {
    uint64_t bits = 0;
    for (int shift = 0; shift < 7 * most_bytes; shift += 7) {
      if (at_ == end_) return Break();
      const uint64_t byte = *at_++;
      bits |= (byte & 0x7f) << shift;  // of the tenth byte one bit counts
      if (byte < 0x80) {
        *value = bits;
        return true;
      }
    }
    return Break();
  }

  const uint8_t* at_;
  const uint8_t* const end_;
  bool broken_ = false;
  uint64_t field_ = 0;
  uint64_t type_ = kVarint;
  uint64_t number_ = 0;
  std::string_view bytes_;
};

}  // namespace weir
