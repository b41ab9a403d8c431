#include <cmath>

#include "backends/cosmos/emulator/sql/functions.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Type = Value::Type;

template <Type kType>
Value Is(Arguments a) {
  return Value::Boolean(a[0].type() == kType);
}

Value IsDefined(Arguments a) { return Value::Boolean(!a[0].IsUndefined()); }

Value IsPrimitive(Arguments a) {
  return Value::Boolean(!a[0].IsUndefined() && a[0].type() < Type::kArray);
}

// A whole number that fits into 64 bits.
Value IsInteger(Arguments a) {
  if (a[0].type() != Type::kNumber) return Value::Boolean(false);
  const double number = a[0].number();
  return Value::Boolean(std::trunc(number) == number && number >= -0x1p63 && number < 0x1p63);
}

Value If(Arguments a) { return a[0].IsTrue() ? a[1] : a[2]; }

constexpr Function kFunctions[] = {
    {"iif", 3, 3, &If},
    {"is_array", 1, 1, &Is<Type::kArray>, true},
    {"is_bool", 1, 1, &Is<Type::kBoolean>, true},
    {"is_defined", 1, 1, &IsDefined, true},
    {"is_finite_number", 1, 1, &Is<Type::kNumber>, true},  // no value of ours is infinite
    {"is_integer", 1, 1, &IsInteger},
    {"is_null", 1, 1, &Is<Type::kNull>, true},
    {"is_number", 1, 1, &Is<Type::kNumber>, true},
    {"is_object", 1, 1, &Is<Type::kObject>, true},
    {"is_primitive", 1, 1, &IsPrimitive, true},
    {"is_string", 1, 1, &Is<Type::kString>, true},
};

}  // namespace

absl::Span<const Function> TypeFunctions() { return kFunctions; }

}  // namespace weir::cosmos::emulator::sql
