#include "backends/cosmos/emulator/sql/parser.h"

#include <utility>

#include "backends/cosmos/emulator/sql/analysis.h"
#include "backends/cosmos/emulator/sql/grammar.h"
#include "backends/cosmos/emulator/sql/names.h"
#include "backends/cosmos/emulator/sql/token.h"
#include "base/status.h"

namespace weir::cosmos::emulator::sql {
namespace {

absl::StatusOr<Query> ParseWhole(std::string_view text, const std::vector<Parameter>& parameters) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text));
  Grammar grammar(text, std::move(tokens), parameters);
  WEIR_ASSIGN_OR_RETURN(Query query, grammar.Whole());
  WEIR_RETURN_IF_ERROR(ResolveNames(&query));
  WEIR_RETURN_IF_ERROR(Analyse(&query));
  return query;
}

}  // namespace

absl::StatusOr<Query> Parse(std::string_view text, const std::vector<Parameter>& parameters) {
  absl::StatusOr<Query> query = ParseWhole(text, parameters);
  if (!query.ok()) return FinishError(query.status(), text);
  return query;
}

}  // namespace weir::cosmos::emulator::sql
