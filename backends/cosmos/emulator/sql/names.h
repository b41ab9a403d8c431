// Ties every name in a query to what FROM binds it to.
#pragma once

#include "absl/status/status.h"

#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator::sql {

// Gives each source its slot and each kAlias the slot of its source. A name is looked for in the
// query's own FROM, left to right, then in those around it. The first source of a query that stands
// in no other names the container, whatever it is called. SC2001 for a name that nothing binds.
absl::Status ResolveNames(Query* query);

}  // namespace weir::cosmos::emulator::sql
