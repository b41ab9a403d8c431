#include <algorithm>
#include <cmath>
#include <string>

#include "backends/cosmos/emulator/sql/characters.h"
#include "backends/cosmos/emulator/sql/functions.h"
#include "backends/cosmos/emulator/sql/regex.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Type = Value::Type;

constexpr double kLongestReplicated = 10'000;  // characters

Value Text(std::string_view text) { return Value::String(std::string(text)); }

// ---------------------------------------------------------------------------------- comparing

using Test = bool (*)(std::string_view, std::string_view);

bool Begins(std::string_view text, std::string_view part) { return text.starts_with(part); }
bool Ends(std::string_view text, std::string_view part) { return text.ends_with(part); }
bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}
bool IsSame(std::string_view text, std::string_view part) { return text == part; }

// F(text, part [, ignore case]).
template <Test kTest>
Value Compare(Arguments a) {
  if (!Are(a.first(2), Type::kString)) return {};
  if (a.size() > 2 && a[2].type() != Type::kBoolean) return {};
  if (a.size() < 3 || !a[2].IsTrue()) return Value::Boolean(kTest(a[0].text(), a[1].text()));
  return Value::Boolean(kTest(Lowered(a[0].text()), Lowered(a[1].text())));
}

// CONTAINS_ANY_CI(text, part…) and its kin.
template <bool kAll, bool kIgnoreCase>
Value ContainsSome(Arguments a) {
  if (!Are(a, Type::kString)) return {};
  const std::string text = kIgnoreCase ? Lowered(a[0].text()) : std::string(a[0].text());
  const auto has = [&](const Value& part) {
    return Has(text, kIgnoreCase ? Lowered(part.text()) : std::string(part.text()));
  };
  return Value::Boolean(kAll ? std::all_of(a.begin() + 1, a.end(), has)
                             : std::any_of(a.begin() + 1, a.end(), has));
}

Value RegexMatch(Arguments a) {
  if (!Are(a, Type::kString)) return {};
  return MatchRegex(a[0].text(), a[1].text(), a.size() > 2 ? a[2].text() : std::string_view());
}

Value IndexOf(Arguments a) {
  if (!Are(a.first(2), Type::kString)) return {};
  size_t from = 0;
  if (a.size() > 2) {
    if (a[2].type() != Type::kNumber) return {};
    from = OffsetOf(a[0].text(), a[2].number());
  }
  const size_t at = a[0].text().find(a[1].text(), from);
  if (at == std::string_view::npos) return Value::Number(-1);
  return Value::Number(CountCharacters(a[0].text().substr(0, at)));
}

// ------------------------------------------------------------------------------------- parts

Value Left(Arguments a) {
  if (a[0].type() != Type::kString || a[1].type() != Type::kNumber) return {};
  return Text(SliceCharacters(a[0].text(), 0, std::trunc(a[1].number())));
}

Value Right(Arguments a) {
  if (a[0].type() != Type::kString || a[1].type() != Type::kNumber) return {};
  const double count = std::max(0.0, std::trunc(a[1].number()));
  return Text(SliceCharacters(a[0].text(), CountCharacters(a[0].text()) - count, count));
}

Value Substring(Arguments a) {
  if (a[0].type() != Type::kString || !Are(a.subspan(1), Type::kNumber)) return {};
  return Text(SliceCharacters(a[0].text(), std::trunc(a[1].number()), std::trunc(a[2].number())));
}

bool IsOneOf(std::string_view character, std::string_view set) {
  for (; !set.empty(); set.remove_prefix(OffsetOf(set, 1))) {
    if (set.substr(0, OffsetOf(set, 1)) == character) return true;
  }
  return false;
}

// Removes spaces, or the characters of the second argument, from the ends.
template <bool kLeft, bool kRight>
Value Trim(Arguments a) {
  if (!Are(a, Type::kString)) return {};
  std::string_view text = a[0].text();
  const std::string_view set = a.size() > 1 ? a[1].text() : std::string_view(" \t\n\r\f\v");
  while (kLeft && !text.empty()) {
    const size_t size = OffsetOf(text, 1);
    if (!IsOneOf(text.substr(0, size), set)) break;
    text.remove_prefix(size);
  }
  while (kRight && !text.empty()) {
    size_t last = text.size() - 1;
    while (last > 0 && IsContinuation(text[last])) --last;
    if (!IsOneOf(text.substr(last), set)) break;
    text.remove_suffix(text.size() - last);
  }
  return Text(text);
}

// ------------------------------------------------------------------------------------ making

Value Lower(Arguments a) {
  return a[0].type() == Type::kString ? Value::String(Lowered(a[0].text())) : Value();
}

Value Upper(Arguments a) {
  return a[0].type() == Type::kString ? Value::String(Uppered(a[0].text())) : Value();
}

Value Length(Arguments a) {
  if (a[0].type() != Type::kString) return {};
  return Value::Number(CountCharacters(a[0].text()));
}

Value Concat(Arguments a) {
  if (!Are(a, Type::kString)) return {};
  std::string all;
  for (const Value& value : a) all.append(value.text());
  return Value::String(std::move(all));
}

Value Replace(Arguments a) {
  if (!Are(a, Type::kString)) return {};
  if (a[1].text().empty()) return a[0];
  std::string out;
  std::string_view rest = a[0].text();
  for (size_t at; (at = rest.find(a[1].text())) != std::string_view::npos;) {
    out.append(rest.substr(0, at)).append(a[2].text());
    rest.remove_prefix(at + a[1].text().size());
  }
  return Value::String(out.append(rest));
}

Value Replicate(Arguments a) {
  if (a[0].type() != Type::kString || a[1].type() != Type::kNumber) return {};
  const double times = std::trunc(a[1].number());
  if (times < 0 || times * CountCharacters(a[0].text()) > kLongestReplicated) return {};
  std::string out;
  for (double i = 0; i < times && !a[0].text().empty(); ++i) out.append(a[0].text());
  return Value::String(std::move(out));
}

Value Reverse(Arguments a) {
  if (a[0].type() != Type::kString) return {};
  std::string out;
  std::string_view rest = a[0].text();
  while (!rest.empty()) {
    size_t last = rest.size() - 1;
    while (last > 0 && IsContinuation(rest[last])) --last;
    out.append(rest.substr(last));
    rest.remove_suffix(rest.size() - last);
  }
  return Value::String(std::move(out));
}

Value StringJoin(Arguments a) {
  if (a[0].type() != Type::kArray || a[1].type() != Type::kString) return {};
  std::string out;
  bool first = true;
  for (const Value& element : a[0].ElementList()) {
    if (element.type() != Type::kString) return {};
    if (!first) out.append(a[1].text());
    first = false;
    out.append(element.text());
  }
  return Value::String(std::move(out));
}

Value StringSplit(Arguments a) {
  if (!Are(a, Type::kString)) return {};
  Value::Elements parts;
  std::string_view rest = a[0].text();
  const std::string_view separator = a[1].text();
  while (!separator.empty()) {
    const size_t at = rest.find(separator);
    if (at == std::string_view::npos) break;
    parts.push_back(Text(rest.substr(0, at)));
    rest.remove_prefix(at + separator.size());
  }
  parts.push_back(Text(rest));
  return Value::Array(std::move(parts));
}

constexpr Function kFunctions[] = {
    {"concat", 2, kAnyNumber, &Concat},
    {"contains", 2, 3, &Compare<Has>},
    {"contains_all_ci", 2, kAnyNumber, &ContainsSome<true, true>},
    {"contains_all_cs", 2, kAnyNumber, &ContainsSome<true, false>},
    {"contains_any_ci", 2, kAnyNumber, &ContainsSome<false, true>},
    {"contains_any_cs", 2, kAnyNumber, &ContainsSome<false, false>},
    {"endswith", 2, 3, &Compare<Ends>},
    {"index_of", 2, 3, &IndexOf},
    {"left", 2, 2, &Left},
    {"length", 1, 1, &Length},
    {"lower", 1, 1, &Lower},
    {"ltrim", 1, 2, &Trim<true, false>},
    {"regexmatch", 2, 3, &RegexMatch},
    {"replace", 3, 3, &Replace},
    {"replicate", 2, 2, &Replicate},
    {"reverse", 1, 1, &Reverse},
    {"right", 2, 2, &Right},
    {"rtrim", 1, 2, &Trim<false, true>},
    {"startswith", 2, 3, &Compare<Begins>, true},
    {"stringequals", 2, 3, &Compare<IsSame>, true},
    {"stringjoin", 2, 2, &StringJoin},
    {"stringsplit", 2, 2, &StringSplit},
    {"substring", 3, 3, &Substring},
    {"trim", 1, 2, &Trim<true, true>},
    {"upper", 1, 1, &Upper},
};

}  // namespace

absl::Span<const Function> StringFunctions() { return kFunctions; }

}  // namespace weir::cosmos::emulator::sql
