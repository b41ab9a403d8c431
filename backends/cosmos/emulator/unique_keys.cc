#include "backends/cosmos/emulator/unique_keys.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "backends/cosmos/emulator/json_text.h"

namespace weir::cosmos::emulator {
namespace {

using simdjson::dom::element;

// Equal values have equal text: 1 and 1.0, "a" and "\u0061". What the item has not counts as null.
void AppendValue(element item, const PropertyPath& path, std::string* out) {
  for (const std::string& name : path) {
    if (item[name].get(item) != simdjson::SUCCESS) {
      out->append("null");
      return;
    }
  }
  double number = 0;
  std::string_view text;
  if (item.get(text) == simdjson::SUCCESS) {
    AppendJsonString(text, out);
  } else if (item.get(number) == simdjson::SUCCESS) {
    AppendJsonNumber(number, out);
  } else {
    out->append(simdjson::minify(item));
  }
}

std::string MessageFor(const UniqueKey& key) {
  std::vector<std::string> paths;
  for (const PropertyPath& path : key) paths.push_back(absl::StrCat("/", absl::StrJoin(path, "/")));
  return absl::StrCat("Unique index constraint violation: another item of this partition key has ",
                      "the same ", absl::StrJoin(paths, ", "));
}

}  // namespace

UniqueKeys::UniqueKeys(std::vector<UniqueKey> keys) : keys_(std::move(keys)) {
  for (const UniqueKey& key : keys_) messages_.push_back(MessageFor(key));
  values_.resize(keys_.size());
}

void UniqueKeys::Collect(const EffectivePartitionKey& key, std::string_view json) {
  element item;
  const bool parsed = parser_.parse(json.data(), json.size()).get(item) == simdjson::SUCCESS;
  for (size_t i = 0; i < keys_.size(); ++i) {
    std::string& value = values_[i];
    value.assign(1, static_cast<char>(i));
    value.append(reinterpret_cast<const char*>(key.bytes().data()), key.bytes().size());
    for (const PropertyPath& path : keys_[i]) {
      value.push_back(',');
      if (parsed) AppendValue(item, path, &value);
    }
  }
}

void UniqueKeys::Add(const StoredDocument& document) {
  Collect(document.logical()->key, document.JsonIn(&text_));
  for (const std::string& value : values_) owners_.try_emplace(value, &document);
}

void UniqueKeys::Remove(const StoredDocument& document) {
  Collect(document.logical()->key, document.JsonIn(&text_));
  for (const std::string& value : values_) {
    const auto owner = owners_.find(value);
    if (owner != owners_.end() && owner->second == &document) owners_.erase(owner);
  }
}

std::optional<std::string_view> UniqueKeys::Conflict(const EffectivePartitionKey& key,
                                                     std::string_view json,
                                                     const StoredDocument* self) {
  Collect(key, json);
  for (size_t i = 0; i < values_.size(); ++i) {
    const auto owner = owners_.find(values_[i]);
    if (owner != owners_.end() && owner->second != self) return messages_[i];
  }
  return std::nullopt;
}

}  // namespace weir::cosmos::emulator
