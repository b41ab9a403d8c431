#include "backends/cosmos/emulator/item_editor.h"

#include <utility>

#include "backends/cosmos/emulator/item_requests.h"

namespace weir::cosmos::emulator {

int ItemEditor::Refuse(int status, std::string message) {
  message_ = std::move(message);
  return status;
}

int ItemEditor::Edit(const Container& container, const Patch& patch,
                     const StoredDocument& document) {
  simdjson::dom::element item;
  if (patch.has_condition()) {  // it may ask for system properties
    text_.clear();
    container.properties().AppendJson(document, &text_);
    if (parser_.parse(text_).get(item) != simdjson::SUCCESS || !patch.Holds(item)) {
      return Refuse(412, "the condition of the patch is not true of the item");
    }
  }
  const std::string_view json = document.JsonIn(&text_);
  if (parser_.parse(json.data(), json.size()).get(item) != simdjson::SUCCESS) {
    return Refuse(400, "the item cannot be patched: it has a number beyond 64 bits");
  }
  auto edited = patch.Apply(item);
  if (!edited.ok()) return Refuse(400, std::string(edited.status().message()));
  text_ = *std::move(edited);
  if (text_.size() > kMaxItemBytes) return Refuse(413, "an item has at most 2 MB");
  text_.reserve(text_.size() + simdjson::SIMDJSON_PADDING);
  const char* problem = reader_.Read(text_, container.policy(), true, &view_);
  if (problem == nullptr) problem = RefuseItem(container.definition(), view_);
  if (problem != nullptr) return Refuse(400, problem);
  if (container.KeyOf(view_) != document.logical()->key) {
    return Refuse(400, "a patch cannot change the partition key");
  }
  return 200;
}

ItemOutcome ItemEditor::Run(const Container& container, Partition* partition, const Patch& patch,
                            const EffectivePartitionKey& key, std::string_view id,
                            const Conditions& conditions) {
  message_.clear();
  ItemOutcome outcome = partition->Edit(key, id, conditions, [&](const StoredDocument& document) {
    const int status = Edit(container, patch, document);
    return Partition::EditedItem{status, &view_};
  });
  if (outcome.message.empty()) outcome.message = message_;
  return outcome;
}

}  // namespace weir::cosmos::emulator
