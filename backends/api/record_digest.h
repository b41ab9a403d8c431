// Order-free digest of a multiset of records: the count and the sum (mod 2⁶⁴) of one hash per
// record. Equal multisets give equal digests whatever the order and the number of writers; a sum,
// unlike an exclusive or, sees a record that is there twice. Not thread-safe; combine with Add.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/str_format.h"

#include "backends/api/record.h"
#include "base/random.h"

namespace weir {

class RecordDigest {
 public:
  void Add(const RecordSchema& schema, const Record& record) {
    uint64_t hash = kStart;
    for (size_t i = 0; i < schema.fields.size(); ++i) {
      hash = Fold(hash, i + 1);
      hash = schema.fields[i].type == FieldType::kText
                 ? FoldText(hash, record[i].text())
                 : Fold(hash, Bits(schema.fields[i], record[i]));
    }
    sum_ += Mix64(hash);
    ++count_;
  }
  void Add(const RecordDigest& other) {
    sum_ += other.sum_;
    count_ += other.count_;
  }

  uint64_t count() const { return count_; }
  std::string ToString() const { return absl::StrFormat("%016x", sum_); }
  bool operator==(const RecordDigest&) const = default;

 private:
  static constexpr uint64_t kStart = 0x7765697264696731ULL;

  static uint64_t Fold(uint64_t hash, uint64_t word) {
    return Mix64(hash ^ word) + 0x9e3779b97f4a7c15ULL;
  }
  static uint64_t FoldText(uint64_t hash, std::string_view text) {
    hash = Fold(hash, text.size());
    for (size_t at = 0; at < text.size(); at += 8) {
      uint64_t word = 0;
      std::memcpy(&word, text.data() + at, std::min<size_t>(8, text.size() - at));
      hash = Fold(hash, word);
    }
    return hash;
  }
  static uint64_t Bits(const Field& field, const Value& value) {
    return field.type == FieldType::kDouble ? std::bit_cast<uint64_t>(value.real())
                                            : static_cast<uint64_t>(value.integer());
  }

  uint64_t sum_ = 0;
  uint64_t count_ = 0;
};

}  // namespace weir
