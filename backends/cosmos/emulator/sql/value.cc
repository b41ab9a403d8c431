#include "backends/cosmos/emulator/sql/value.h"

#include <algorithm>
#include <cmath>

#include "backends/cosmos/emulator/json_text.h"

namespace weir::cosmos::emulator::sql {
namespace {

using simdjson::dom::element;

int Sign(bool less, bool greater) { return less ? -1 : greater ? 1 : 0; }

std::string Json(const Value& value) {
  std::string json;
  value.AppendJson(&json);
  return json;
}

bool SameMembers(const Value::Members& a, const Value::Members& b) {
  if (a.size() != b.size()) return false;
  return std::all_of(a.begin(), a.end(), [&](const auto& member) {
    return std::any_of(b.begin(), b.end(), [&](const auto& other) {
      return member.first == other.first && Same(member.second, other.second);
    });
  });
}

}  // namespace

Value Value::Null() {
  Value value;
  value.type_ = Type::kNull;
  return value;
}

Value Value::Boolean(bool boolean) {
  Value value;
  value.type_ = Type::kBoolean;
  value.boolean_ = boolean;
  return value;
}

Value Value::Number(double number) {
  Value value;
  if (!std::isfinite(number)) return value;
  value.type_ = Type::kNumber;
  value.number_ = number;
  return value;
}

Value Value::String(std::string text) {
  Value value;
  value.type_ = Type::kString;
  value.owned_text_ = std::make_shared<const std::string>(std::move(text));
  value.text_ = *value.owned_text_;
  return value;
}

Value Value::BorrowedString(std::string_view text) {
  Value value;
  value.type_ = Type::kString;
  value.text_ = text;
  return value;
}

Value Value::Array(Elements elements) {
  Value value;
  value.type_ = Type::kArray;
  value.elements_ = std::make_shared<const Elements>(std::move(elements));
  return value;
}

Value Value::Object(Members members) {
  Value value;
  value.type_ = Type::kObject;
  value.members_ = std::make_shared<const Members>(std::move(members));
  return value;
}

Value Value::FromJson(element json) {
  Value value;
  switch (json.type()) {
    case simdjson::dom::element_type::NULL_VALUE:
      return Null();
    case simdjson::dom::element_type::BOOL:
      return Boolean(bool(json));
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
    case simdjson::dom::element_type::DOUBLE:
      return Number(double(json));
    case simdjson::dom::element_type::STRING:
      return BorrowedString(std::string_view(json));
    case simdjson::dom::element_type::ARRAY:
      value.type_ = Type::kArray;
      break;
    case simdjson::dom::element_type::OBJECT:
      value.type_ = Type::kObject;
      break;
  }
  value.json_ = json;
  return value;
}

Value Value::Member(std::string_view name) const {
  if (type_ != Type::kObject) return {};
  if (IsParsed()) {
    element member;
    return json_[name].get(member) == simdjson::SUCCESS ? FromJson(member) : Value();
  }
  for (const auto& [key, value] : *members_) {
    if (key == name) return value;
  }
  return {};
}

Value Value::Element(double index) const {
  if (type_ != Type::kArray || index < 0 || std::trunc(index) != index) return {};
  const auto position = static_cast<size_t>(index);
  if (IsParsed()) {
    element found;
    return json_.at(position).get(found) == simdjson::SUCCESS ? FromJson(found) : Value();
  }
  return position < elements_->size() ? (*elements_)[position] : Value();
}

Value::Elements Value::ElementList() const {
  if (type_ != Type::kArray) return {};
  if (!IsParsed()) return *elements_;
  Elements list;
  for (const element member : simdjson::dom::array(json_)) list.push_back(FromJson(member));
  return list;
}

Value::Members Value::MemberList() const {
  if (type_ != Type::kObject) return {};
  if (!IsParsed()) return *members_;
  Members list;
  for (const auto field : simdjson::dom::object(json_)) {
    list.emplace_back(std::string(field.key), FromJson(field.value));
  }
  return list;
}

Value Value::Own() const {
  switch (type_) {
    case Type::kString:
      return owned_text_ != nullptr ? *this : String(std::string(text_));
    case Type::kArray: {
      Elements list = ElementList();
      for (Value& value : list) value = value.Own();
      return Array(std::move(list));
    }
    case Type::kObject: {
      Members list = MemberList();
      for (auto& [key, value] : list) value = value.Own();
      return Object(std::move(list));
    }
    default:
      return *this;
  }
}

void Value::AppendJson(std::string* out) const {
  switch (type_) {
    case Type::kUndefined:
      return;
    case Type::kNull:
      out->append("null");
      return;
    case Type::kBoolean:
      out->append(boolean_ ? "true" : "false");
      return;
    case Type::kNumber:
      AppendJsonNumber(number_, out);
      return;
    case Type::kString:
      AppendJsonString(text_, out);
      return;
    case Type::kArray:
    case Type::kObject:
      break;
  }
  const bool is_array = type_ == Type::kArray;
  if (IsParsed()) {
    out->append(simdjson::minify(json_));
    return;
  }
  out->push_back(is_array ? '[' : '{');
  bool first = true;
  const auto append = [&](const std::string* key, const Value& value) {
    if (value.IsUndefined()) return;
    if (!first) out->push_back(',');
    first = false;
    if (key != nullptr) {
      AppendJsonString(*key, out);
      out->push_back(':');
    }
    value.AppendJson(out);
  };
  if (is_array) {
    for (const Value& value : *elements_) append(nullptr, value);
  } else {
    for (const auto& [key, value] : *members_) append(&key, value);
  }
  out->push_back(is_array ? ']' : '}');
}

bool Same(const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case Value::Type::kUndefined:
    case Value::Type::kNull:
      return true;
    case Value::Type::kBoolean:
      return a.boolean() == b.boolean();
    case Value::Type::kNumber:
      return a.number() == b.number();
    case Value::Type::kString:
      return a.text() == b.text();
    case Value::Type::kArray: {
      const auto x = a.ElementList();
      const auto y = b.ElementList();
      return std::equal(x.begin(), x.end(), y.begin(), y.end(), Same);
    }
    case Value::Type::kObject:
      return SameMembers(a.MemberList(), b.MemberList());
  }
  return false;
}

int Order(const Value& a, const Value& b) {
  if (a.type() != b.type()) return Sign(a.type() < b.type(), a.type() > b.type());
  switch (a.type()) {
    case Value::Type::kUndefined:
    case Value::Type::kNull:
      return 0;
    case Value::Type::kBoolean:
      return Sign(a.boolean() < b.boolean(), a.boolean() > b.boolean());
    case Value::Type::kNumber:
      return Sign(a.number() < b.number(), a.number() > b.number());
    case Value::Type::kString:
      return Sign(a.text() < b.text(), a.text() > b.text());
    case Value::Type::kArray:
    case Value::Type::kObject: {
      const std::string x = Json(a);
      const std::string y = Json(b);
      return Sign(x<y, x> y);
    }
  }
  return 0;
}

Value Equals(const Value& a, const Value& b) {
  if (a.IsUndefined() || a.type() != b.type()) return {};
  return Value::Boolean(Same(a, b));
}

Value Less(const Value& a, const Value& b) {
  if (a.IsUndefined() || a.type() != b.type()) return {};
  if (a.type() == Value::Type::kArray || a.type() == Value::Type::kObject) return {};
  return Value::Boolean(Order(a, b) < 0);
}

}  // namespace weir::cosmos::emulator::sql
