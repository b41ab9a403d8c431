#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"

#include "backends/cosmos/emulator/sql/functions.h"
#include "backends/cosmos/emulator/sql/rows.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Type = Value::Type;

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

bool Has(const Value::Elements& elements, const Value& wanted) {
  return std::any_of(elements.begin(), elements.end(),
                     [&](const Value& element) { return Same(element, wanted); });
}

Value ArrayContains(Arguments a) {
  if (a[0].type() != Type::kArray || a[1].IsUndefined()) return {};
  const bool partly = a.size() > 2 && a[2].IsTrue();
  for (const Value& element : a[0].ElementList()) {
    if (partly ? IsPartOf(a[1], element) : Same(a[1], element)) return Value::Boolean(true);
  }
  return Value::Boolean(false);
}

Value ArrayContainsAny(Arguments a) {
  if (a[0].type() != Type::kArray) return {};
  const Value::Elements elements = a[0].ElementList();
  return Value::Boolean(std::any_of(a.begin() + 1, a.end(),
                                    [&](const Value& wanted) { return Has(elements, wanted); }));
}

Value ArrayContainsAll(Arguments a) {
  if (a[0].type() != Type::kArray) return {};
  const Value::Elements elements = a[0].ElementList();
  return Value::Boolean(std::all_of(a.begin() + 1, a.end(),
                                    [&](const Value& wanted) { return Has(elements, wanted); }));
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
  const double start = std::trunc(a[1].number());
  const double from = start < 0 ? std::max(0.0, size + start) : std::min(size, start);
  const double count = a.size() > 2 ? std::max(0.0, std::trunc(a[2].number())) : size;
  const auto first = all.begin() + static_cast<ptrdiff_t>(from);
  return Value::Array({first, first + static_cast<ptrdiff_t>(std::min(count, size - from))});
}

enum class SetOperator { kUnion, kIntersect, kDifference };

// Every value once, in the order of first appearance.
template <SetOperator kOp>
Value Set(Arguments a) {
  if (!Are(a, Type::kArray)) return {};
  Value::Elements left = a[0].ElementList();
  Value::Elements right = a[1].ElementList();
  absl::flat_hash_set<std::string> in_right;
  for (const Value& element : right) in_right.insert(Canonical(element));
  absl::flat_hash_set<std::string> seen;
  Value::Elements result;
  const auto add = [&](Value& element, bool wanted) {
    if (wanted && seen.insert(Canonical(element)).second) result.push_back(std::move(element));
  };
  for (Value& element : left) {
    const bool is_in_right = kOp != SetOperator::kUnion && in_right.contains(Canonical(element));
    add(element, kOp == SetOperator::kUnion || is_in_right == (kOp == SetOperator::kIntersect));
  }
  if (kOp == SetOperator::kUnion) {
    for (Value& element : right) add(element, true);
  }
  return Value::Array(std::move(result));
}

// The n-th of the arguments that follow; the first is 1.
Value Choose(Arguments a) {
  if (a[0].type() != Type::kNumber) return {};
  const double index = std::trunc(a[0].number());
  if (index < 1 || index >= static_cast<double>(a.size())) return {};
  return a[static_cast<size_t>(index)];
}

// [{"k": name, "v": value}, …]; the two names may be given.
Value ObjectToArray(Arguments a) {
  if (a[0].type() != Type::kObject || !Are(a.subspan(1), Type::kString)) return {};
  const std::string key(a.size() > 1 ? a[1].text() : std::string_view("k"));
  const std::string value(a.size() > 2 ? a[2].text() : std::string_view("v"));
  Value::Elements pairs;
  for (auto& member : a[0].MemberList()) {
    if (member.second.IsUndefined()) continue;
    pairs.push_back(
        Value::Object({{key, Value::String(member.first)}, {value, std::move(member.second)}}));
  }
  return Value::Array(std::move(pairs));
}

constexpr Function kFunctions[] = {
    {"array_concat", 2, kAnyNumber, &ArrayConcat},
    {"array_contains", 2, 3, &ArrayContains, true},
    {"array_contains_all", 2, kAnyNumber, &ArrayContainsAll},
    {"array_contains_any", 2, kAnyNumber, &ArrayContainsAny},
    {"array_length", 1, 1, &ArrayLength},
    {"array_slice", 2, 3, &ArraySlice},
    {"choose", 2, kAnyNumber, &Choose},
    {"objecttoarray", 1, 3, &ObjectToArray},
    {"setdifference", 2, 2, &Set<SetOperator::kDifference>},
    {"setintersect", 2, 2, &Set<SetOperator::kIntersect>},
    {"setunion", 2, 2, &Set<SetOperator::kUnion>},
};

}  // namespace

absl::Span<const Function> ArrayFunctions() { return kFunctions; }

}  // namespace weir::cosmos::emulator::sql
