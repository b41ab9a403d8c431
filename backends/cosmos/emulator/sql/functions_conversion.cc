#include <simdjson.h>

#include <cmath>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"

#include "backends/cosmos/emulator/sql/functions.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Type = Value::Type;

absl::string_view Trimmed(std::string_view text) {
  return absl::StripAsciiWhitespace(absl::string_view(text.data(), text.size()));
}

Value ToString(Arguments a) {
  if (a[0].IsUndefined() || a[0].type() == Type::kString) return a[0];
  std::string json;
  a[0].AppendJson(&json);
  return Value::String(std::move(json));
}

Value StringToNumber(Arguments a) {
  if (a[0].type() != Type::kString) return {};
  const absl::string_view text = Trimmed(a[0].text());
  double number = 0;
  if (text.find_first_not_of("0123456789+-.eE") != absl::string_view::npos) return {};
  if (text.empty() || text[0] == '+' || !absl::SimpleAtod(text, &number)) return {};
  return Value::Number(number);
}

Value StringToBoolean(Arguments a) {
  if (a[0].type() != Type::kString) return {};
  const absl::string_view text = Trimmed(a[0].text());
  if (text == "true") return Value::Boolean(true);
  return text == "false" ? Value::Boolean(false) : Value();
}

Value StringToNull(Arguments a) {
  return a[0].type() == Type::kString && Trimmed(a[0].text()) == "null" ? Value::Null() : Value();
}

// A text that is the JSON of an array, or of an object.
template <Type kType>
Value FromText(Arguments a) {
  if (a[0].type() != Type::kString) return {};
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const std::string_view text = a[0].text();
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return {};
  const Value value = Value::FromJson(root);
  return value.type() == kType ? value.Own() : Value();
}

// The number of an item in its container: the second half of its _rid.
Value DocumentId(Arguments a) {
  const Value rid = a[0].Member("_rid");
  std::string bytes;
  if (rid.type() != Type::kString) return {};
  if (!absl::Base64Unescape(std::string(rid.text()), &bytes) || bytes.size() != 16) return {};
  uint64_t number = 0;
  for (size_t i = 16; i-- > 8;) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return Value::Number(static_cast<double>(number));
}

constexpr Function kFunctions[] = {
    {"documentid", 1, 1, &DocumentId},
    {"stringtoarray", 1, 1, &FromText<Type::kArray>},
    {"stringtoboolean", 1, 1, &StringToBoolean},
    {"stringtonull", 1, 1, &StringToNull},
    {"stringtonumber", 1, 1, &StringToNumber},
    {"stringtoobject", 1, 1, &FromText<Type::kObject>},
    {"tostring", 1, 1, &ToString},
};

}  // namespace

absl::Span<const Function> ConversionFunctions() { return kFunctions; }

}  // namespace weir::cosmos::emulator::sql
