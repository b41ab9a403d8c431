#include "backends/cosmos/emulator/sql/functions.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Type = Value::Type;
using Arguments = absl::Span<const Value>;

constexpr int kAny = 1000;

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

bool Are(Arguments arguments, Type type) {
  return std::all_of(arguments.begin(), arguments.end(),
                     [&](const Value& value) { return value.type() == type; });
}

// The true/false that ends many string functions: "compare without case".
bool IgnoresCase(Arguments arguments, size_t at) {
  return arguments.size() > at && arguments[at].IsTrue();
}

// ------------------------------------------------------------------------- characters (UTF-8)

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Byte offset of the n-th character, or the end.
size_t Offset(std::string_view text, double n) {
  size_t at = 0;
  for (double i = 0; i < n && at < text.size(); ++i) {
    do {
      ++at;
    } while (at < text.size() && IsContinuation(text[at]));
  }
  return at;
}

double Characters(std::string_view text) {
  return static_cast<double>(
      std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

std::string_view Slice(std::string_view text, double from, double count) {
  const size_t start = Offset(text, std::max(0.0, from));
  return text.substr(start, Offset(text.substr(start), std::max(0.0, count)));
}

// --------------------------------------------------------------------------------- strings

Value Left(Arguments a) {
  if (a[0].type() != Type::kString || a[1].type() != Type::kNumber) return {};
  return Value::String(std::string(Slice(a[0].text(), 0, std::trunc(a[1].number()))));
}

Value Right(Arguments a) {
  if (a[0].type() != Type::kString || a[1].type() != Type::kNumber) return {};
  const double count = std::max(0.0, std::trunc(a[1].number()));
  return Value::String(std::string(Slice(a[0].text(), Characters(a[0].text()) - count, count)));
}

Value Substring(Arguments a) {
  if (a[0].type() != Type::kString || !Are(a.subspan(1), Type::kNumber)) return {};
  return Value::String(
      std::string(Slice(a[0].text(), std::trunc(a[1].number()), std::trunc(a[2].number()))));
}

Value StartsWith(Arguments a) {
  if (!Are(a.first(2), Type::kString)) return {};
  return Value::Boolean(IgnoresCase(a, 2)
                            ? absl::StartsWithIgnoreCase(Absl(a[0].text()), Absl(a[1].text()))
                            : absl::StartsWith(Absl(a[0].text()), Absl(a[1].text())));
}

Value EndsWith(Arguments a) {
  if (!Are(a.first(2), Type::kString)) return {};
  return Value::Boolean(IgnoresCase(a, 2)
                            ? absl::EndsWithIgnoreCase(Absl(a[0].text()), Absl(a[1].text()))
                            : absl::EndsWith(Absl(a[0].text()), Absl(a[1].text())));
}

Value Contains(Arguments a) {
  if (!Are(a.first(2), Type::kString)) return {};
  if (!IgnoresCase(a, 2)) {
    return Value::Boolean(a[0].text().find(a[1].text()) != std::string_view::npos);
  }
  const std::string text = absl::AsciiStrToLower(Absl(a[0].text()));
  return Value::Boolean(text.find(absl::AsciiStrToLower(Absl(a[1].text()))) != std::string::npos);
}

Value StringEquals(Arguments a) {
  if (!Are(a.first(2), Type::kString)) return {};
  return Value::Boolean(IgnoresCase(a, 2)
                            ? absl::EqualsIgnoreCase(Absl(a[0].text()), Absl(a[1].text()))
                            : a[0].text() == a[1].text());
}

Value IndexOf(Arguments a) {
  if (!Are(a.first(2), Type::kString)) return {};
  size_t from = 0;
  if (a.size() > 2) {
    if (a[2].type() != Type::kNumber) return {};
    from = Offset(a[0].text(), a[2].number());
  }
  const size_t at = a[0].text().find(a[1].text(), from);
  if (at == std::string_view::npos) return Value::Number(-1);
  return Value::Number(Characters(a[0].text().substr(0, at)));
}

template <typename Change>
Value Changed(Arguments a, Change change) {
  if (a[0].type() != Type::kString) return {};
  return Value::String(std::string(change(Absl(a[0].text()))));
}

Value Lower(Arguments a) {
  return Changed(a, [](absl::string_view text) { return absl::AsciiStrToLower(text); });
}
Value Upper(Arguments a) {
  return Changed(a, [](absl::string_view text) { return absl::AsciiStrToUpper(text); });
}
Value Trim(Arguments a) {
  return Changed(a, [](absl::string_view text) { return absl::StripAsciiWhitespace(text); });
}
Value LTrim(Arguments a) {
  return Changed(a, [](absl::string_view text) { return absl::StripLeadingAsciiWhitespace(text); });
}
Value RTrim(Arguments a) {
  return Changed(a,
                 [](absl::string_view text) { return absl::StripTrailingAsciiWhitespace(text); });
}

Value Length(Arguments a) {
  if (a[0].type() != Type::kString) return {};
  return Value::Number(Characters(a[0].text()));
}

Value Concat(Arguments a) {
  if (!Are(a, Type::kString)) return {};
  std::string all;
  for (const Value& value : a) all.append(value.text());
  return Value::String(std::move(all));
}

Value Replace(Arguments a) {
  if (!Are(a, Type::kString) || a[1].text().empty()) return {};
  std::string out;
  std::string_view rest = a[0].text();
  for (size_t at; (at = rest.find(a[1].text())) != std::string_view::npos;) {
    out.append(rest.substr(0, at)).append(a[2].text());
    rest.remove_prefix(at + a[1].text().size());
  }
  return Value::String(out.append(rest));
}

Value Reverse(Arguments a) {
  if (a[0].type() != Type::kString) return {};
  std::string out;
  for (std::string_view rest = a[0].text(); !rest.empty();) {
    const size_t size = Offset(rest, 1);
    out.insert(0, rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return Value::String(std::move(out));
}

Value ToString(Arguments a) {
  if (a[0].IsUndefined()) return {};
  if (a[0].type() == Type::kString) return a[0];
  std::string json;
  a[0].AppendJson(&json);
  return Value::String(std::move(json));
}

Value StringToNumber(Arguments a) {
  double number = 0;
  if (a[0].type() != Type::kString || !absl::SimpleAtod(Absl(a[0].text()), &number)) return {};
  return Value::Number(number);
}

// --------------------------------------------------------------------------------- numbers

template <double (*F)(double)>
Value Numeric(Arguments a) {
  return a[0].type() == Type::kNumber ? Value::Number(F(a[0].number())) : Value();
}

double Sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
double Square(double x) { return x * x; }
double Round(double x) { return std::round(x); }
double Degrees(double x) { return x * 180 / M_PI; }
double Radians(double x) { return x * M_PI / 180; }

Value Log(Arguments a) {
  if (!Are(a, Type::kNumber)) return {};
  const double log = std::log(a[0].number());
  return Value::Number(a.size() > 1 ? log / std::log(a[1].number()) : log);
}

Value Power(Arguments a) {
  if (!Are(a, Type::kNumber)) return {};
  return Value::Number(std::pow(a[0].number(), a[1].number()));
}

Value Pi(Arguments) { return Value::Number(M_PI); }

// The largest multiple of the step that is not above the number.
Value NumberBin(Arguments a) {
  if (!Are(a, Type::kNumber) || (a.size() > 1 && a[1].number() == 0)) return {};
  const double step = a.size() > 1 ? a[1].number() : 1;
  return Value::Number(std::floor(a[0].number() / step) * step);
}

// ----------------------------------------------------------------------------------- types

template <Type kType>
Value Is(Arguments a) {
  return Value::Boolean(a[0].type() == kType);
}

Value IsDefined(Arguments a) { return Value::Boolean(!a[0].IsUndefined()); }

Value IsPrimitive(Arguments a) {
  return Value::Boolean(!a[0].IsUndefined() && a[0].type() < Type::kArray);
}

Value IsInteger(Arguments a) {
  return Value::Boolean(a[0].type() == Type::kNumber && std::trunc(a[0].number()) == a[0].number());
}

// ---------------------------------------------------------------------------------- arrays

Value ArrayLength(Arguments a) {
  if (a[0].type() != Type::kArray) return {};
  return Value::Number(static_cast<double>(a[0].ElementList().size()));
}

// Whether `part` has only members that `whole` has too.
bool IsPartOf(const Value& part, const Value& whole) {
  if (part.type() != Type::kObject || whole.type() != Type::kObject) return Same(part, whole);
  for (const auto& [key, value] : part.MemberList()) {
    if (!IsPartOf(value, whole.Member(key))) return false;
  }
  return true;
}

Value ArrayContains(Arguments a) {
  if (a[0].type() != Type::kArray || a[1].IsUndefined()) return {};
  const bool partly = a.size() > 2 && a[2].IsTrue();
  for (const Value& element : a[0].ElementList()) {
    if (partly ? IsPartOf(a[1], element) : Same(a[1], element)) return Value::Boolean(true);
  }
  return Value::Boolean(false);
}

Value ArrayConcat(Arguments a) {
  if (!Are(a, Type::kArray)) return {};
  Value::Elements all;
  for (const Value& value : a) {
    for (Value& element : value.ElementList()) all.push_back(std::move(element));
  }
  return Value::Array(std::move(all));
}

Value ArraySlice(Arguments a) {
  if (a[0].type() != Type::kArray || !Are(a.subspan(1), Type::kNumber)) return {};
  Value::Elements all = a[0].ElementList();
  const auto size = static_cast<double>(all.size());
  const double from =
      a[1].number() < 0 ? std::max(0.0, size + a[1].number()) : std::min(size, a[1].number());
  const double count = a.size() > 2 ? std::max(0.0, a[2].number()) : size;
  const auto first = all.begin() + static_cast<ptrdiff_t>(from);
  return Value::Array({first, first + static_cast<ptrdiff_t>(std::min(count, size - from))});
}

constexpr Function kFunctions[] = {
    {"abs", 1, 1, &Numeric<std::fabs>},
    {"acos", 1, 1, &Numeric<std::acos>},
    {"array_concat", 2, kAny, &ArrayConcat},
    {"array_contains", 2, 3, &ArrayContains, true},
    {"array_length", 1, 1, &ArrayLength},
    {"array_slice", 2, 3, &ArraySlice},
    {"asin", 1, 1, &Numeric<std::asin>},
    {"atan", 1, 1, &Numeric<std::atan>},
    {"ceiling", 1, 1, &Numeric<std::ceil>},
    {"concat", 2, kAny, &Concat},
    {"contains", 2, 3, &Contains},
    {"cos", 1, 1, &Numeric<std::cos>},
    {"degrees", 1, 1, &Numeric<Degrees>},
    {"endswith", 2, 3, &EndsWith},
    {"exp", 1, 1, &Numeric<std::exp>},
    {"floor", 1, 1, &Numeric<std::floor>},
    {"index_of", 2, 3, &IndexOf},
    {"is_array", 1, 1, &Is<Type::kArray>, true},
    {"is_bool", 1, 1, &Is<Type::kBoolean>, true},
    {"is_defined", 1, 1, &IsDefined, true},
    {"is_integer", 1, 1, &IsInteger},
    {"is_null", 1, 1, &Is<Type::kNull>, true},
    {"is_number", 1, 1, &Is<Type::kNumber>, true},
    {"is_object", 1, 1, &Is<Type::kObject>, true},
    {"is_primitive", 1, 1, &IsPrimitive, true},
    {"is_string", 1, 1, &Is<Type::kString>, true},
    {"left", 2, 2, &Left},
    {"length", 1, 1, &Length},
    {"log", 1, 2, &Log},
    {"log10", 1, 1, &Numeric<std::log10>},
    {"lower", 1, 1, &Lower},
    {"ltrim", 1, 1, &LTrim},
    {"numberbin", 1, 2, &NumberBin},
    {"pi", 0, 0, &Pi},
    {"power", 2, 2, &Power},
    {"radians", 1, 1, &Numeric<Radians>},
    {"replace", 3, 3, &Replace},
    {"reverse", 1, 1, &Reverse},
    {"right", 2, 2, &Right},
    {"round", 1, 1, &Numeric<Round>},
    {"rtrim", 1, 1, &RTrim},
    {"sign", 1, 1, &Numeric<Sign>},
    {"sin", 1, 1, &Numeric<std::sin>},
    {"sqrt", 1, 1, &Numeric<std::sqrt>},
    {"square", 1, 1, &Numeric<Square>},
    {"startswith", 2, 3, &StartsWith, true},
    {"stringequals", 2, 3, &StringEquals, true},
    {"stringtonumber", 1, 1, &StringToNumber},
    {"substring", 3, 3, &Substring},
    {"tan", 1, 1, &Numeric<std::tan>},
    {"tostring", 1, 1, &ToString},
    {"trim", 1, 1, &Trim},
    {"trunc", 1, 1, &Numeric<std::trunc>},
    {"upper", 1, 1, &Upper},
};

}  // namespace

const Function* FindFunction(std::string_view name) {
  for (const Function& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

}  // namespace weir::cosmos::emulator::sql
