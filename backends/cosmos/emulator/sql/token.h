// The words of a query.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/sql/error.h"

namespace weir::cosmos::emulator::sql {

struct Token {
  enum class Kind { kEnd, kWord, kParameter, kString, kNumber, kSymbol };

  Kind kind = Kind::kEnd;
  std::string text;  // of a string: without quotes and escapes; of a parameter: with the @
  double number = 0;
  size_t position = 0;  // of its first byte in the query
  size_t end = 0;       // behind its last byte

  // A word in any case: token.Is("select"); a symbol: token.Is("<=").
  bool Is(std::string_view lower) const;
  // A word that the language keeps for itself: no alias, and no property after a dot.
  bool IsReserved() const;
  Extent extent() const { return {position, end}; }
};

// Ends with a kEnd token. An error names the place of what is no token.
absl::StatusOr<std::vector<Token>> Tokenize(std::string_view query);

}  // namespace weir::cosmos::emulator::sql
