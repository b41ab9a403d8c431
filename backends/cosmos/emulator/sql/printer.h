// A syntax tree back as text, in one form: equal expressions print alike.
#pragma once

#include <string>

#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator::sql {

std::string Print(const Expression& expression);

// "COUNT", as written in a query.
std::string_view NameOf(AggregateFunction function);

}  // namespace weir::cosmos::emulator::sql
