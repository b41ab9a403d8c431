#include "backends/cosmos/emulator/json_tree.h"

#include <utility>

#include "backends/cosmos/emulator/json_text.h"

namespace weir::cosmos::emulator {

JsonTree JsonTree::From(simdjson::dom::element value) {
  JsonTree tree;
  simdjson::dom::array array;
  simdjson::dom::object object;
  if (value.get(array) == simdjson::SUCCESS) {
    tree.kind = Kind::kArray;
    for (const auto element : array) tree.elements.push_back(From(element));
  } else if (value.get(object) == simdjson::SUCCESS) {
    tree.kind = Kind::kObject;
    for (const auto field : object) {
      tree.members.push_back({std::string(field.key), From(field.value)});
    }
  } else {
    if (value.is_number()) tree.kind = Kind::kNumber;
    tree.text = simdjson::minify(value);
  }
  return tree;
}

JsonTree* JsonTree::Member(std::string_view name) {
  for (auto& [key, value] : members) {
    if (key == name) return &value;
  }
  return nullptr;
}

void JsonTree::SetMember(std::string_view name, JsonTree value) {
  if (JsonTree* existing = Member(name)) {
    *existing = std::move(value);
  } else {
    members.push_back({std::string(name), std::move(value)});
  }
}

void JsonTree::Append(std::string* out) const {
  if (kind == Kind::kScalar || kind == Kind::kNumber) {
    out->append(text);
    return;
  }
  const bool is_array = kind == Kind::kArray;
  out->push_back(is_array ? '[' : '{');
  bool first = true;
  for (const JsonTree& element : elements) {
    if (!std::exchange(first, false)) out->push_back(',');
    element.Append(out);
  }
  for (const auto& [name, value] : members) {
    if (!std::exchange(first, false)) out->push_back(',');
    AppendJsonString(name, out);
    out->push_back(':');
    value.Append(out);
  }
  out->push_back(is_array ? ']' : '}');
}

}  // namespace weir::cosmos::emulator
