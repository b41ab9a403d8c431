// The words of a query.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::cosmos::emulator::sql {

struct Token {
  enum class Kind { kEnd, kWord, kParameter, kString, kNumber, kSymbol };

  Kind kind = Kind::kEnd;
  std::string text;  // of a string: without quotes and escapes; of a parameter: with the @
  double number = 0;
  size_t position = 0;  // of its first character in the query

  // A word in any case: token.Is("select"); a symbol: token.Is("<=").
  bool Is(std::string_view lower) const;
};

// Ends with a kEnd token. kInvalidArgument names the position of what is no token.
absl::StatusOr<std::vector<Token>> Tokenize(std::string_view query);

// "Syntax error, …, at position N": all errors of a query's text read alike.
absl::Status SyntaxError(std::string_view what, size_t position);

}  // namespace weir::cosmos::emulator::sql
