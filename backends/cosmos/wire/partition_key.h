// One component of a partition key, and how a key is written in the x-ms-documentdb-partitionkey
// header. Does not own text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/types/span.h"

namespace weir::cosmos {

class PartitionKeyValue {
 public:
  enum class Kind : uint8_t { kUndefined, kNull, kFalse, kTrue, kNumber, kString };

  constexpr PartitionKeyValue() = default;  // the item has no such property
  static constexpr PartitionKeyValue Null() { return PartitionKeyValue(Kind::kNull, 0, {}); }
  static constexpr PartitionKeyValue Bool(bool value) {
    return PartitionKeyValue(value ? Kind::kTrue : Kind::kFalse, 0, {});
  }
  static constexpr PartitionKeyValue Number(double value) {
    return PartitionKeyValue(Kind::kNumber, value, {});
  }
  static constexpr PartitionKeyValue String(std::string_view text) {
    return PartitionKeyValue(Kind::kString, 0, text);
  }

  constexpr Kind kind() const { return kind_; }
  constexpr double number() const { return number_; }
  constexpr std::string_view text() const { return text_; }
  constexpr bool operator==(const PartitionKeyValue&) const = default;

 private:
  constexpr PartitionKeyValue(Kind kind, double number, std::string_view text)
      : kind_(kind), number_(number), text_(text) {}

  Kind kind_ = Kind::kUndefined;
  double number_ = 0;
  std::string_view text_;
};

// Levels of a hierarchical key, at most.
inline constexpr int kMaxPartitionKeyLevels = 3;

// Appends the header's value: a JSON array in ASCII, ["caf\u00e9"], [{}] for undefined. Text is
// taken as UTF-8; broken sequences become U+FFFD.
void AppendPartitionKeyHeader(absl::Span<const PartitionKeyValue> levels, std::string* out);

// Appends text as a JSON string in ASCII, quotes included.
void AppendAsciiJsonString(std::string_view text, std::string* out);

}  // namespace weir::cosmos
