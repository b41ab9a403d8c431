// A value of the query language: JSON, or undefined. Cheap to copy. A value read from a document
// points into its parser and is good until the parser's next document; Own makes it independent.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::cosmos::emulator::sql {

class Value {
 public:
  // In the order in which ORDER BY sorts values of different types.
  enum class Type : uint8_t { kUndefined, kNull, kBoolean, kNumber, kString, kArray, kObject };
  using Elements = std::vector<Value>;
  using Members = std::vector<std::pair<std::string, Value>>;

  Value() = default;  // undefined
  static Value Null();
  static Value Boolean(bool boolean);
  static Value Number(double number);
  static Value String(std::string text);  // owns it
  static Value BorrowedString(std::string_view text);
  static Value Array(Elements elements);
  static Value Object(Members members);
  static Value FromJson(simdjson::dom::element element);

  Type type() const { return type_; }
  bool IsUndefined() const { return type_ == Type::kUndefined; }
  bool IsTrue() const { return type_ == Type::kBoolean && boolean_; }
  bool boolean() const { return boolean_; }
  double number() const { return number_; }
  std::string_view text() const { return text_; }

  // Undefined when there is no such member or element, or this is no object or array.
  Value Member(std::string_view name) const;
  Value Element(double index) const;
  Elements ElementList() const;  // of an array; empty otherwise
  Members MemberList() const;    // of an object; empty otherwise

  Value Own() const;
  // Undefined members and elements are left out; nothing at all for undefined.
  void AppendJson(std::string* out) const;

 private:
  bool IsParsed() const { return elements_ == nullptr && members_ == nullptr; }

  Type type_ = Type::kUndefined;
  bool boolean_ = false;
  double number_ = 0;
  std::string_view text_;
  std::shared_ptr<const std::string> owned_text_;
  simdjson::dom::element json_;               // arrays and objects of a document
  std::shared_ptr<const Elements> elements_;  // arrays made by the query
  std::shared_ptr<const Members> members_;    // objects made by the query
};

// Deep equality; undefined equals undefined.
bool Same(const Value& a, const Value& b);

// −1, 0, 1 in the order of ORDER BY: by type, then by value; arrays and objects by their JSON.
int Order(const Value& a, const Value& b);

// The = and < of the language: undefined unless both have the same type (and, for order, a scalar
// one).
Value Equals(const Value& a, const Value& b);
Value Less(const Value& a, const Value& b);

}  // namespace weir::cosmos::emulator::sql
