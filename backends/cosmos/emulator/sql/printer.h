// A syntax tree back as text, in one form: equal expressions print alike.
#pragma once

#include <string>

#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator::sql {

std::string Print(const Expression& expression);
std::string Print(const Query& query);

// "c JOIN t IN c.tags": what follows FROM.
std::string PrintSources(const Query& query);

// "*", "VALUE e" or "e AS a, …".
std::string PrintSelectList(const Query& query);

// "COUNT", as written in a query.
std::string_view NameOf(AggregateFunction function);

}  // namespace weir::cosmos::emulator::sql
