#include "backends/cosmos/emulator/sql/evaluate.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/container/inlined_vector.h"

#include "backends/cosmos/emulator/sql/functions.h"
#include "backends/cosmos/emulator/sql/like.h"
#include "backends/cosmos/emulator/sql/rows.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Kind = Expression::Kind;
using Type = Value::Type;

Value Child(const Expression& expression, size_t index, const Scope& scope) {
  return Evaluate(*expression.children[index], scope);
}

Value Not(const Value& value) {
  return value.type() == Type::kBoolean ? Value::Boolean(!value.boolean()) : Value();
}

// false wins over undefined, undefined over true; what is no boolean counts as undefined.
Value And(const Expression& expression, const Scope& scope) {
  const Value left = Child(expression, 0, scope);
  if (left.type() == Type::kBoolean && !left.boolean()) return left;
  const Value right = Child(expression, 1, scope);
  if (right.type() == Type::kBoolean && !right.boolean()) return right;
  return left.IsTrue() && right.IsTrue() ? right : Value();
}

Value Or(const Expression& expression, const Scope& scope) {
  const Value left = Child(expression, 0, scope);
  if (left.IsTrue()) return left;
  const Value right = Child(expression, 1, scope);
  if (right.IsTrue()) return right;
  const bool both = left.type() == Type::kBoolean && right.type() == Type::kBoolean;
  return both ? right : Value();
}

// The low 32 bits of the whole part: bit operators work on those, with a sign.
int32_t AsBits(const Value& value) {
  return static_cast<int32_t>(static_cast<int64_t>(std::trunc(std::fmod(value.number(), 0x1p32))));
}

Value Bitwise(Operator op, int32_t a, int32_t b) {
  const auto unsigned_a = static_cast<uint32_t>(a);
  const int by = b & 31;
  switch (op) {
    case Operator::kBitAnd:
      return Value::Number(a & b);
    case Operator::kBitOr:
      return Value::Number(a | b);
    case Operator::kBitXor:
      return Value::Number(a ^ b);
    case Operator::kShiftLeft:
      return Value::Number(static_cast<int32_t>(unsigned_a << by));
    case Operator::kShiftRight:
      return Value::Number(a >> by);
    case Operator::kShiftRightZero:
      return Value::Number(unsigned_a >> by);
    default:
      return {};
  }
}

Value Arithmetic(Operator op, const Value& left, const Value& right) {
  if (left.type() != Type::kNumber || right.type() != Type::kNumber) return {};
  const double a = left.number();
  const double b = right.number();
  switch (op) {
    case Operator::kAdd:
      return Value::Number(a + b);
    case Operator::kSubtract:
      return Value::Number(a - b);
    case Operator::kMultiply:
      return Value::Number(a * b);
    case Operator::kDivide:
      return Value::Number(a / b);
    case Operator::kModulo:
      return Value::Number(std::fmod(a, b));
    default:
      return Bitwise(op, AsBits(left), AsBits(right));
  }
}

Value LessOrEqual(const Value& a, const Value& b) { return Not(Less(b, a)); }

Value Binary(const Expression& expression, const Scope& scope) {
  if (expression.op == Operator::kAnd) return And(expression, scope);
  if (expression.op == Operator::kOr) return Or(expression, scope);
  const Value left = Child(expression, 0, scope);
  if (expression.op == Operator::kCoalesce && !left.IsUndefined()) return left;
  const Value right = Child(expression, 1, scope);
  switch (expression.op) {
    case Operator::kCoalesce:
      return right;
    case Operator::kEqual:
      return Equals(left, right);
    case Operator::kNotEqual:
      return Not(Equals(left, right));
    case Operator::kLess:
      return Less(left, right);
    case Operator::kLessOrEqual:
      return LessOrEqual(left, right);
    case Operator::kGreater:
      return Less(right, left);
    case Operator::kGreaterOrEqual:
      return LessOrEqual(right, left);
    case Operator::kConcatenate:
      if (left.type() != Type::kString || right.type() != Type::kString) return {};
      return Value::String(std::string(left.text()).append(right.text()));
    default:
      return Arithmetic(expression.op, left, right);
  }
}

Value Unary(const Expression& expression, const Scope& scope) {
  const Value value = Child(expression, 0, scope);
  if (expression.op == Operator::kNot) return Not(value);
  if (value.type() != Type::kNumber) return {};
  if (expression.op == Operator::kMinus) return Value::Number(-value.number());
  return expression.op == Operator::kBitNot ? Value::Number(~AsBits(value)) : value;
}

Value Between(const Expression& expression, const Scope& scope) {
  const Value value = Child(expression, 0, scope);
  const Value above = LessOrEqual(Child(expression, 1, scope), value);
  const Value below = LessOrEqual(value, Child(expression, 2, scope));
  const auto is_false = [](const Value& side) {
    return side.type() == Type::kBoolean && !side.boolean();
  };
  if (is_false(above) || is_false(below)) return Value::Boolean(expression.negated);
  return above.IsTrue() && below.IsTrue() ? Value::Boolean(!expression.negated) : Value();
}

Value In(const Expression& expression, const Scope& scope) {
  const Value value = Child(expression, 0, scope);
  if (value.IsUndefined()) return {};
  bool found = false;
  for (size_t i = 1; i < expression.children.size() && !found; ++i) {
    found = Same(value, Child(expression, i, scope));
  }
  return Value::Boolean(found != expression.negated);
}

Value Like(const Expression& expression, const Scope& scope) {
  const Value text = Child(expression, 0, scope);
  const Value pattern = Child(expression, 1, scope);
  if (text.type() != Type::kString || pattern.type() != Type::kString) return {};
  char escape = '\0';
  if (expression.children.size() > 2) {
    const Value value = Child(expression, 2, scope);
    if (value.type() != Type::kString || value.text().size() != 1) return {};
    escape = value.text()[0];
  }
  return Value::Boolean(MatchesLike(text.text(), pattern.text(), escape) != expression.negated);
}

Value Call(const Expression& expression, const Scope& scope) {
  absl::InlinedVector<Value, 4> arguments;
  for (size_t i = 0; i < expression.children.size(); ++i) {
    arguments.push_back(Child(expression, i, scope));
  }
  if (expression.function->takes_now) {
    arguments.push_back(Value::Number(static_cast<double>(scope.now_us)));
  }
  return expression.function->apply(arguments);
}

Value Index(const Expression& expression, const Scope& scope) {
  const Value base = Child(expression, 0, scope);
  const Value index = Child(expression, 1, scope);
  if (index.type() == Type::kString) return base.Member(index.text());
  return index.type() == Type::kNumber ? base.Element(index.number()) : Value();
}

Value MakeArray(const Expression& expression, const Scope& scope) {
  Value::Elements elements;
  for (size_t i = 0; i < expression.children.size(); ++i) {
    elements.push_back(Child(expression, i, scope));
  }
  return Value::Array(std::move(elements));
}

Value MakeObject(const Expression& expression, const Scope& scope) {
  Value::Members members;
  for (size_t i = 0; i < expression.children.size(); ++i) {
    members.emplace_back(expression.keys[i], Child(expression, i, scope));
  }
  return Value::Object(std::move(members));
}

Value Scalar(const Expression& expression, const Scope& scope) {
  const std::vector<Value> rows = Rows(*expression.query, scope);
  return rows.empty() ? Value() : rows[0];
}

// Whether there is a row: SELECT VALUE undefined gives none.
Value Exists(const Expression& expression, const Scope& scope) {
  const Query& query = *expression.query;
  if (query.IsCollected()) return Value::Boolean(!Rows(query, scope).empty());
  const bool walked =
      ForEachTuple(query, scope, 0, [&] { return Project(query, scope).IsUndefined(); });
  return Value::Boolean(!walked);
}

}  // namespace

Value Evaluate(const Expression& expression, const Scope& scope) {
  const auto slot = static_cast<size_t>(expression.slot);
  switch (expression.kind) {
    case Kind::kLiteral:
      return expression.literal;
    case Kind::kAlias:
      return scope.bindings[slot];
    case Kind::kProperty:
      return Child(expression, 0, scope).Member(expression.name);
    case Kind::kIndex:
      return Index(expression, scope);
    case Kind::kUnary:
      return Unary(expression, scope);
    case Kind::kBinary:
      return Binary(expression, scope);
    case Kind::kBetween:
      return Between(expression, scope);
    case Kind::kIn:
      return In(expression, scope);
    case Kind::kLike:
      return Like(expression, scope);
    case Kind::kConditional:
      return Child(expression, Child(expression, 0, scope).IsTrue() ? 1 : 2, scope);
    case Kind::kCall:
      return Call(expression, scope);
    case Kind::kAggregate:
      return slot < scope.aggregates.size() ? scope.aggregates[slot] : Value();
    case Kind::kGroupKey:
      return slot < scope.group_keys.size() ? scope.group_keys[slot] : Value();
    case Kind::kArray:
      return MakeArray(expression, scope);
    case Kind::kObject:
      return MakeObject(expression, scope);
    case Kind::kSubquery:
      return Scalar(expression, scope);
    case Kind::kExists:
      return Exists(expression, scope);
    case Kind::kArraySubquery:
      return Value::Array(Rows(*expression.query, scope));
  }
  return {};
}

Value Project(const Query& query, const Scope& scope) {
  if (query.select_all) return scope.bindings[static_cast<size_t>(query.sources[0].slot)];
  if (query.select_value) return Evaluate(*query.select[0].expression, scope);
  Value::Members members;
  for (const SelectItem& item : query.select) {
    Value value = Evaluate(*item.expression, scope);
    if (!item.spread) {
      members.emplace_back(item.alias, std::move(value));
      continue;
    }
    for (auto& member : value.MemberList()) members.push_back(std::move(member));
  }
  return Value::Object(std::move(members));
}

}  // namespace weir::cosmos::emulator::sql
