#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "backends/cosmos/emulator/sql/functions.h"
#include "base/clock.h"
#include "base/random.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Type = Value::Type;

template <double (*F)(double)>
Value Numeric(Arguments a) {
  return a[0].type() == Type::kNumber ? Value::Number(F(a[0].number())) : Value();
}

template <double (*F)(double, double)>
Value Numeric2(Arguments a) {
  return Are(a, Type::kNumber) ? Value::Number(F(a[0].number(), a[1].number())) : Value();
}

double Sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
double Square(double x) { return x * x; }
double Cotangent(double x) { return 1 / std::tan(x); }
double Degrees(double x) { return x * 180 / M_PI; }
double Radians(double x) { return x * M_PI / 180; }

Value Log(Arguments a) {
  if (!Are(a, Type::kNumber)) return {};
  const double log = std::log(a[0].number());
  return Value::Number(a.size() > 1 ? log / std::log(a[1].number()) : log);
}

Value Pi(Arguments) { return Value::Number(M_PI); }

Value Rand(Arguments) {
  thread_local uint64_t count = 0;
  static const auto key = static_cast<uint64_t>(WallUnixNs());
  const uint64_t stream = key + reinterpret_cast<uintptr_t>(&count);
  return Value::Number(static_cast<double>(Draw(stream, ++count) >> 11) * 0x1p-53);
}

// The largest multiple of the step that is not above the number.
Value NumberBin(Arguments a) {
  if (!Are(a, Type::kNumber) || (a.size() > 1 && a[1].number() <= 0)) return {};
  const double step = a.size() > 1 ? a[1].number() : 1;
  return Value::Number(std::floor(a[0].number() / step) * step);
}

// ---------------------------------------------------------------------------- whole numbers

std::optional<int64_t> Whole(const Value& value) {
  if (value.type() != Type::kNumber || std::trunc(value.number()) != value.number()) return {};
  if (value.number() < -0x1p63 || value.number() >= 0x1p63) return {};
  return static_cast<int64_t>(value.number());
}

enum class IntOperator {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kAnd,
  kOr,
  kXor,
  kLeft,
  kRight
};

// With the wrap-around of 64 bits.
template <IntOperator kOp>
Value Int(Arguments arguments) {
  const auto x = Whole(arguments[0]);
  const auto y = Whole(arguments[1]);
  if (!x || !y) return {};
  const auto a = static_cast<uint64_t>(*x);
  const auto b = static_cast<uint64_t>(*y);
  const bool divides = kOp == IntOperator::kDivide || kOp == IntOperator::kModulo;
  if (divides && (*y == 0 || (*y == -1 && *x == std::numeric_limits<int64_t>::min()))) return {};
  const bool shifts = kOp == IntOperator::kLeft || kOp == IntOperator::kRight;
  if (shifts && (*y < 0 || *y > 63)) return {};
  uint64_t result = 0;
  switch (kOp) {
    case IntOperator::kAdd:
      result = a + b;
      break;
    case IntOperator::kSubtract:
      result = a - b;
      break;
    case IntOperator::kMultiply:
      result = a * b;
      break;
    case IntOperator::kDivide:
      result = static_cast<uint64_t>(*x / *y);
      break;
    case IntOperator::kModulo:
      result = static_cast<uint64_t>(*x % *y);
      break;
    case IntOperator::kAnd:
      result = a & b;
      break;
    case IntOperator::kOr:
      result = a | b;
      break;
    case IntOperator::kXor:
      result = a ^ b;
      break;
    case IntOperator::kLeft:
      result = a << b;
      break;
    case IntOperator::kRight:
      result = static_cast<uint64_t>(*x >> b);
      break;
  }
  return Value::Number(static_cast<double>(static_cast<int64_t>(result)));
}

Value IntNot(Arguments a) {
  const auto whole = Whole(a[0]);
  return whole ? Value::Number(static_cast<double>(~*whole)) : Value();
}

constexpr Function kFunctions[] = {
    {"abs", 1, 1, &Numeric<std::fabs>},
    {"acos", 1, 1, &Numeric<std::acos>},
    {"asin", 1, 1, &Numeric<std::asin>},
    {"atan", 1, 1, &Numeric<std::atan>},
    {"atn2", 2, 2, &Numeric2<std::atan2>},
    {"ceiling", 1, 1, &Numeric<std::ceil>},
    {"cos", 1, 1, &Numeric<std::cos>},
    {"cot", 1, 1, &Numeric<Cotangent>},
    {"degrees", 1, 1, &Numeric<Degrees>},
    {"exp", 1, 1, &Numeric<std::exp>},
    {"floor", 1, 1, &Numeric<std::floor>},
    {"intadd", 2, 2, &Int<IntOperator::kAdd>},
    {"intbitand", 2, 2, &Int<IntOperator::kAnd>},
    {"intbitleftshift", 2, 2, &Int<IntOperator::kLeft>},
    {"intbitnot", 1, 1, &IntNot},
    {"intbitor", 2, 2, &Int<IntOperator::kOr>},
    {"intbitrightshift", 2, 2, &Int<IntOperator::kRight>},
    {"intbitxor", 2, 2, &Int<IntOperator::kXor>},
    {"intdiv", 2, 2, &Int<IntOperator::kDivide>},
    {"intmod", 2, 2, &Int<IntOperator::kModulo>},
    {"intmul", 2, 2, &Int<IntOperator::kMultiply>},
    {"intsub", 2, 2, &Int<IntOperator::kSubtract>},
    {"log", 1, 2, &Log},
    {"log10", 1, 1, &Numeric<std::log10>},
    {"numberbin", 1, 2, &NumberBin},
    {"pi", 0, 0, &Pi},
    {"power", 2, 2, &Numeric2<std::pow>},
    {"radians", 1, 1, &Numeric<Radians>},
    {"rand", 0, 0, &Rand},
    {"round", 1, 1, &Numeric<std::round>},
    {"sign", 1, 1, &Numeric<Sign>},
    {"sin", 1, 1, &Numeric<std::sin>},
    {"sqrt", 1, 1, &Numeric<std::sqrt>},
    {"square", 1, 1, &Numeric<Square>},
    {"tan", 1, 1, &Numeric<std::tan>},
    {"trunc", 1, 1, &Numeric<std::trunc>},
};

}  // namespace

absl::Span<const Function> MathFunctions() { return kFunctions; }

}  // namespace weir::cosmos::emulator::sql
