// A JSON value that can be changed in place. Numbers keep the text they came with. Owned by one
// thread.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

namespace weir::cosmos::emulator {

struct JsonMember;

struct JsonTree {
  enum class Kind : uint8_t { kScalar, kNumber, kArray, kObject };

  static JsonTree From(simdjson::dom::element value);

  JsonTree* Member(std::string_view name);  // null when there is none, or this is no object
  void SetMember(std::string_view name, JsonTree value);
  void Append(std::string* out) const;

  Kind kind = Kind::kScalar;
  std::string text;  // JSON of a scalar or number
  std::vector<JsonTree> elements;
  std::vector<JsonMember> members;
};

struct JsonMember {
  std::string name;
  JsonTree value;
};

}  // namespace weir::cosmos::emulator
