#include "backends/cosmos/emulator/equality_index.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>

#include "base/random.h"

namespace weir::cosmos::emulator {
namespace {

using simdjson::dom::element;

uint64_t HashOf(const PartitionKeyValue& value) {
  const auto kind = static_cast<uint64_t>(value.kind());
  if (value.kind() == PartitionKeyValue::Kind::kString) {
    return Mix64(kind + std::hash<std::string_view>()(value.text()));
  }
  return Mix64(kind + std::hash<double>()(value.number()));
}

std::optional<uint64_t> HashOf(element value) {
  double number = 0;
  bool boolean = false;
  std::string_view text;
  if (value.is_null()) return HashOf(PartitionKeyValue::Null());
  if (value.get(text) == simdjson::SUCCESS) return HashOf(PartitionKeyValue::String(text));
  if (value.get(boolean) == simdjson::SUCCESS) return HashOf(PartitionKeyValue::Bool(boolean));
  if (value.get(number) == simdjson::SUCCESS) return HashOf(PartitionKeyValue::Number(number));
  return std::nullopt;
}

}  // namespace

std::vector<const StoredDocument*>* EqualityIndex::Place(const StoredDocument& document,
                                                         bool make) {
  const std::string_view json = document.JsonIn(&text_);
  element value;
  if (parser_.parse(json.data(), json.size(), false).get(value) != simdjson::SUCCESS) {
    return nullptr;
  }
  for (const auto& name : path_) {
    if (value[name].get(value) != simdjson::SUCCESS) return nullptr;
  }
  const auto hash = HashOf(value);
  if (!hash) return nullptr;
  if (make) return &by_value_[*hash];
  const auto found = by_value_.find(*hash);
  return found == by_value_.end() ? nullptr : &found->second;
}

void EqualityIndex::Add(const StoredDocument& document) {
  auto* documents = Place(document, true);
  if (documents == nullptr) return;
  const auto later = [](const StoredDocument* a, const StoredDocument* b) {
    return a->number() < b->number();
  };
  documents->insert(std::upper_bound(documents->begin(), documents->end(), &document, later),
                    &document);
}

void EqualityIndex::Remove(const StoredDocument& document) {
  if (auto* documents = Place(document, false)) std::erase(*documents, &document);
}

const std::vector<const StoredDocument*>& EqualityIndex::Find(
    const PartitionKeyValue& value) const {
  static const std::vector<const StoredDocument*> kNone;
  const auto found = by_value_.find(HashOf(value));
  return found == by_value_.end() ? kNone : found->second;
}

}  // namespace weir::cosmos::emulator
