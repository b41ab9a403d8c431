// The built-in functions of the language: a table for each family, in functions_<family>.cc.
#pragma once

#include <string_view>

#include "absl/types/span.h"

#include "backends/cosmos/emulator/sql/value.h"

namespace weir::cosmos::emulator::sql {

using Arguments = absl::Span<const Value>;

struct Function {
  std::string_view name;  // lower case
  int least;              // arguments
  int most;
  // An argument of the wrong type makes the result undefined.
  Value (*apply)(Arguments arguments);
  // An index can find the items for which it is true, its first argument being a property.
  bool served_by_index = false;
  // One more argument comes last: the query's time, in µs since 1970.
  bool takes_now = false;
};

inline constexpr int kAnyNumber = 1000;  // of arguments

absl::Span<const Function> StringFunctions();
absl::Span<const Function> ConversionFunctions();
absl::Span<const Function> MathFunctions();
absl::Span<const Function> TypeFunctions();
absl::Span<const Function> ArrayFunctions();
absl::Span<const Function> DateFunctions();

// name in lower case; null when there is no such function.
const Function* FindFunction(std::string_view name);

// Whether all arguments are of the type.
inline bool Are(Arguments arguments, Value::Type type) {
  for (const Value& value : arguments) {
    if (value.type() != type) return false;
  }
  return true;
}

}  // namespace weir::cosmos::emulator::sql
