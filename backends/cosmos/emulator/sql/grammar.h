// The grammar of the language, one method a rule; each reads its part of the tokens and moves on.
// grammar_query.cc has the clauses, grammar_expression.cc the operators, grammar_primary.cc what
// they are applied to. For parser.cc only; one thread's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "backends/cosmos/emulator/sql/parser.h"
#include "backends/cosmos/emulator/sql/syntax.h"
#include "backends/cosmos/emulator/sql/token.h"

namespace weir::cosmos::emulator::sql {

struct BinaryOperator {
  std::string_view symbol;
  Operator op;
};

class Grammar {
 public:
  Grammar(std::string_view text, std::vector<Token> tokens,
          const std::vector<Parameter>& parameters)
      : text_(text), tokens_(std::move(tokens)), parameters_(parameters) {}

  // The query, which must be all there is.
  absl::StatusOr<Query> Whole();

 private:
  // Nesting that one rule after the other may reach, and the height of the tree: parsing and
  // evaluation recurse, and a stack is finite. The service allows 2,000 ANDs or ORs in a query.
  static constexpr int kMaxNesting = 200;
  static constexpr int kMaxHeight = 2100;

  // Clauses.
  absl::StatusOr<Query> ParseQuery();
  absl::Status ParseSelect(Query* query);
  absl::Status ParseSelectItem(Query* query);
  absl::Status NameSelectItem(const Query& query, SelectItem* item);
  absl::Status ParseFrom(Query* query);
  absl::StatusOr<Source> ParseSource();
  absl::StatusOr<ExpressionPtr> ParseCollection();
  absl::Status ParseGroupBy(Query* query);
  absl::Status ParseOrderBy(Query* query);
  absl::Status ParseLimits(Query* query);
  absl::StatusOr<int64_t> ParseCount();

  // Operators, from the loosest to the tightest.
  absl::StatusOr<ExpressionPtr> ParseExpression();
  absl::StatusOr<ExpressionPtr> ParseConditional();
  using Rule = absl::StatusOr<ExpressionPtr> (Grammar::*)();
  absl::StatusOr<ExpressionPtr> ParseChain(std::string_view symbol, Operator op, Rule operand);
  absl::StatusOr<ExpressionPtr> ParseCoalesce();
  absl::StatusOr<ExpressionPtr> ParseOr();
  absl::StatusOr<ExpressionPtr> ParseAnd();
  absl::StatusOr<ExpressionPtr> ParseNot();
  absl::StatusOr<ExpressionPtr> ParseComparison();
  absl::StatusOr<ExpressionPtr> ParseIn(ExpressionPtr left);
  absl::StatusOr<ExpressionPtr> ParseBetween(ExpressionPtr left);
  absl::StatusOr<ExpressionPtr> ParseLike(ExpressionPtr left);
  absl::StatusOr<ExpressionPtr> ParseLevel(size_t level);
  absl::StatusOr<ExpressionPtr> ParseUnary();
  absl::Status ParseChild(Expression* parent);
  const BinaryOperator* Match(absl::Span<const BinaryOperator> operators) const;
  absl::StatusOr<ExpressionPtr> Join(ExpressionPtr left, Operator op, ExpressionPtr right);

  // What operators are applied to.
  absl::StatusOr<ExpressionPtr> ParsePostfix();
  absl::StatusOr<ExpressionPtr> ParseSteps(ExpressionPtr left);
  absl::StatusOr<ExpressionPtr> ParsePrimary();
  absl::StatusOr<ExpressionPtr> ParseParenthesis();
  absl::StatusOr<ExpressionPtr> ParseSubquery(Expression::Kind kind);
  absl::StatusOr<ExpressionPtr> ParseParameter();
  absl::StatusOr<ExpressionPtr> ParseWord();
  absl::StatusOr<ExpressionPtr> ParseCall();
  absl::StatusOr<ExpressionPtr> FinishCall(ExpressionPtr call);
  absl::StatusOr<ExpressionPtr> ParseArray();
  absl::StatusOr<ExpressionPtr> ParseObject();
  ExpressionPtr Literal(Value value);

  // Tokens.
  const Token& Peek(size_t ahead = 0) const;
  const Token& Take();
  bool Accept(std::string_view word);
  absl::Status Expect(std::string_view word);
  absl::Status Unexpected() const;
  absl::StatusOr<std::string> ParseName();

  // Begins at the next token.
  ExpressionPtr Make(Expression::Kind kind) const;
  // Ends the expression behind the last token, and adds up its height.
  absl::StatusOr<ExpressionPtr> Done(ExpressionPtr made) const;
  absl::Status TooDeep() const;
  absl::Status Enter();
  void Leave() { --nesting_; }

  const std::string_view text_;
  const std::vector<Token> tokens_;
  const std::vector<Parameter>& parameters_;
  size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace weir::cosmos::emulator::sql
