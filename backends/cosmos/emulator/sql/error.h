// What is wrong with a query, in the form in which the service says it:
// {"errors":[{"severity":"Error","location":{"start":n,"end":m},"code":"SC1001","message":"…"}]}.
// While a query is read the place is kept beside the words; FinishError turns both into that JSON,
// with the place counted in UTF-16 units, as the service and the SDKs count.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace weir::cosmos::emulator::sql {

// Where in a query's text, in bytes; end is exclusive.
struct Extent {
  size_t start = 0;
  size_t end = 0;
};

// SC1001: "Syntax error, incorrect syntax near '…'.", or that the query ends too early.
absl::Status SyntaxErrorNear(std::string_view query, Extent extent);

// Any other error of the query itself, with the service's code for it.
absl::Status QueryError(std::string_view code, std::string_view message, Extent extent);

// Understood, but not part of this emulator.
absl::Status NotSupported(std::string_view what, Extent extent);

// The JSON for an error that was made above, kUnimplemented included; others stay as they are.
absl::Status FinishError(const absl::Status& status, std::string_view query);

}  // namespace weir::cosmos::emulator::sql
