#include "backends/cosmos/emulator/partition_key_reader.h"

namespace weir::cosmos::emulator {
namespace {

using simdjson::dom::element;

constexpr const char* kNotAKey =
    "a partition key is a JSON array of 1 to 3 strings, numbers, booleans, nulls or {}";

// ["text"] with nothing to unescape: what most keys look like.
bool IsPlainString(std::string_view text) {
  return text.size() >= 4 && text.size() <= kMaxKeyValueBytes && text.substr(0, 2) == "[\"" &&
         text.substr(text.size() - 2) == "\"]" &&
         text.substr(2, text.size() - 4).find_first_of("\"\\") == std::string_view::npos;
}

}  // namespace

std::optional<PartitionKeyValue> PartitionKeyReader::ValueOf(element value) {
  std::string_view text;
  double number = 0;
  bool boolean = false;
  simdjson::dom::object object;
  if (value.get(text) == simdjson::SUCCESS) {
    if (text.size() <= kMaxKeyValueBytes) return PartitionKeyValue::String(text);
    problem_ = kKeyTooLong;
    return std::nullopt;
  }
  if (value.get(number) == simdjson::SUCCESS) return PartitionKeyValue::Number(number);
  if (value.get(boolean) == simdjson::SUCCESS) return PartitionKeyValue::Bool(boolean);
  if (value.is_null()) return PartitionKeyValue::Null();
  if (value.get(object) == simdjson::SUCCESS && object.size() == 0) return PartitionKeyValue();
  return std::nullopt;
}

std::optional<absl::Span<const PartitionKeyValue>> PartitionKeyReader::Read(std::string_view text) {
  levels_.clear();
  problem_ = kNotAKey;
  if (IsPlainString(text)) {
    levels_.push_back(PartitionKeyValue::String(text.substr(2, text.size() - 4)));
    return absl::MakeConstSpan(levels_);
  }
  simdjson::dom::array array;
  if (parser_.parse(text.data(), text.size()).get(array) != simdjson::SUCCESS) return std::nullopt;
  if (array.size() > kMaxPartitionKeyLevels) return std::nullopt;
  for (const element member : array) {
    const auto value = ValueOf(member);
    if (!value) return std::nullopt;
    levels_.push_back(*value);
  }
  return absl::MakeConstSpan(levels_);
}

std::optional<absl::Span<const PartitionKeyValue>> PartitionKeyReader::ReadWhole(
    std::string_view text, size_t levels) {
  const auto key = Read(text);
  if (!key || key->size() == levels) return key;
  problem_ = key->size() < levels ? "the partition key has fewer levels than the container's"
                                  : "the partition key has more levels than the container's";
  return std::nullopt;
}

}  // namespace weir::cosmos::emulator
