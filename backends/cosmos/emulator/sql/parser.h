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

// Parsed, with names resolved and analysed: ready to run. kInvalidArgument for a wrong query,
// kUnimplemented for parts of the language that are understood but not supported; the message is
// the service's JSON (error.h).
absl::StatusOr<Query> Parse(std::string_view text, const std::vector<Parameter>& parameters);

}  // namespace weir::cosmos::emulator::sql
