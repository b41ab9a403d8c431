// Text of a query to its syntax tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator::sql {

struct Parameter {
  std::string name;  // "@a"
  Value value;       // owned
};

// kInvalidArgument with the position of what is wrong; kUnimplemented for parts of the language
// that are understood but not supported.
absl::StatusOr<Query> Parse(std::string_view text, const std::vector<Parameter>& parameters);

}  // namespace weir::cosmos::emulator::sql
