// The built-in functions of the language, one explicit table.
#pragma once

#include <string_view>

#include "absl/types/span.h"

#include "backends/cosmos/emulator/sql/value.h"

namespace weir::cosmos::emulator::sql {

struct Function {
  std::string_view name;  // lower case
  int least;              // arguments
  int most;
  // An argument of the wrong type makes the result undefined.
  Value (*apply)(absl::Span<const Value> arguments);
  // An index can find the items for which it is true, its first argument being a property.
  bool served_by_index = false;
};

// name in lower case; null when there is no such function.
const Function* FindFunction(std::string_view name);

}  // namespace weir::cosmos::emulator::sql
