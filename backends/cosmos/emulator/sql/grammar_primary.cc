#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/sql/functions.h"
#include "backends/cosmos/emulator/sql/grammar.h"
#include "base/status.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Kind = Expression::Kind;

struct NamedAggregate {
  std::string_view name;
  AggregateFunction aggregate;
};
constexpr NamedAggregate kAggregates[] = {
    {"count", AggregateFunction::kCount},       {"countif", AggregateFunction::kCountIf},
    {"sum", AggregateFunction::kSum},           {"min", AggregateFunction::kMin},
    {"max", AggregateFunction::kMax},           {"avg", AggregateFunction::kAverage},
    {"makelist", AggregateFunction::kMakeList}, {"makeset", AggregateFunction::kMakeSet}};

// Functions of the service that answer a clear no.
bool IsUnsupportedFunction(const std::string& name) {
  return absl::StartsWith(name, "st_") || absl::StartsWith(name, "fulltext") ||
         name == "vectordistance" || name == "rrf";
}

}  // namespace

absl::StatusOr<ExpressionPtr> Grammar::ParsePostfix() {
  WEIR_ASSIGN_OR_RETURN(ExpressionPtr left, ParsePrimary());
  return ParseSteps(std::move(left));
}

absl::StatusOr<ExpressionPtr> Grammar::ParseSteps(ExpressionPtr left) {
  for (;;) {
    ExpressionPtr made;
    if (Accept(".")) {
      made = Make(Kind::kProperty);
      WEIR_ASSIGN_OR_RETURN(made->name, ParseName());
      made->children.push_back(std::move(left));
    } else if (Accept("[")) {
      made = Make(Kind::kIndex);
      made->children.push_back(std::move(left));
      WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
      WEIR_RETURN_IF_ERROR(Expect("]"));
    } else {
      return left;
    }
    WEIR_ASSIGN_OR_RETURN(left, Done(std::move(made)));
  }
}

absl::StatusOr<ExpressionPtr> Grammar::ParsePrimary() {
  const Token& token = Peek();
  switch (token.kind) {
    case Token::Kind::kNumber:
      return Literal(Value::Number(token.number));
    case Token::Kind::kString:
      return Literal(Value::String(token.text));
    case Token::Kind::kParameter:
      return ParseParameter();
    case Token::Kind::kWord:
      return ParseWord();
    case Token::Kind::kSymbol:
      break;
    case Token::Kind::kEnd:
      return Unexpected();
  }
  if (token.Is("(")) return ParseParenthesis();
  if (token.Is("[")) return ParseArray();
  if (token.Is("{")) return ParseObject();
  return Unexpected();
}

absl::StatusOr<ExpressionPtr> Grammar::ParseParenthesis() {
  if (Peek(1).Is("select")) return ParseSubquery(Kind::kSubquery);
  Take();  // "("
  WEIR_ASSIGN_OR_RETURN(ExpressionPtr inner, ParseExpression());
  WEIR_RETURN_IF_ERROR(Expect(")"));
  return inner;
}

// At the "(" before SELECT.
absl::StatusOr<ExpressionPtr> Grammar::ParseSubquery(Kind kind) {
  ExpressionPtr made = Make(kind);
  WEIR_RETURN_IF_ERROR(Expect("("));
  WEIR_ASSIGN_OR_RETURN(Query query, ParseQuery());
  WEIR_RETURN_IF_ERROR(Expect(")"));
  made->query = std::make_unique<Query>(std::move(query));
  return Done(std::move(made));
}

// Of the token at hand, which it takes.
ExpressionPtr Grammar::Literal(Value value) {
  ExpressionPtr made = Make(Kind::kLiteral);
  made->literal = std::move(value);
  Take();
  return made;
}

absl::StatusOr<ExpressionPtr> Grammar::ParseParameter() {
  const std::string& name = Peek().text;
  for (const Parameter& parameter : parameters_) {
    if (parameter.name != name) continue;
    ExpressionPtr made = Literal(parameter.value);
    made->name = parameter.name;
    return made;
  }
  return QueryError("SC2010", absl::StrCat("The parameter '", name, "' has no value."),
                    Peek().extent());
}

absl::StatusOr<ExpressionPtr> Grammar::ParseWord() {
  if (Peek().Is("exists") && Peek(1).Is("(") && Peek(2).Is("select")) {
    Take();
    return ParseSubquery(Kind::kExists);
  }
  if (Peek().Is("array") && Peek(1).Is("(") && Peek(2).Is("select")) {
    Take();
    return ParseSubquery(Kind::kArraySubquery);
  }
  if (Peek().Is("udf") && Peek(1).Is(".")) {
    return NotSupported("user-defined functions", {Peek().position, Peek(2).end});
  }
  if (Peek().Is("true")) return Literal(Value::Boolean(true));
  if (Peek().Is("false")) return Literal(Value::Boolean(false));
  if (Peek().Is("null")) return Literal(Value::Null());
  if (Peek().Is("undefined")) return Literal(Value());
  if (Peek().IsReserved()) return Unexpected();
  if (Peek(1).Is("(")) return ParseCall();
  ExpressionPtr made = Make(Kind::kAlias);
  made->name = Take().text;
  return made;
}

absl::StatusOr<ExpressionPtr> Grammar::ParseCall() {
  ExpressionPtr made = Make(Kind::kCall);
  const Extent name = Peek().extent();
  made->name = Take().text;
  Take();  // "("
  while (!Peek().Is(")")) {
    WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
    if (!Accept(",")) break;
  }
  WEIR_RETURN_IF_ERROR(Expect(")"));
  made->extent = name;
  WEIR_ASSIGN_OR_RETURN(made, FinishCall(std::move(made)));
  return Done(std::move(made));
}

// Finds the function. The extent is that of its name.
absl::StatusOr<ExpressionPtr> Grammar::FinishCall(ExpressionPtr call) {
  const std::string name = absl::AsciiStrToLower(call->name);
  const auto count = static_cast<int>(call->children.size());
  int least = 1;
  int most = 1;
  for (const NamedAggregate& aggregate : kAggregates) {
    if (aggregate.name != name) continue;
    call->kind = Kind::kAggregate;
    call->aggregate = aggregate.aggregate;
  }
  if (call->kind == Kind::kCall) {
    if (IsUnsupportedFunction(name)) {
      return NotSupported(absl::StrCat("the function ", call->name), call->extent);
    }
    call->function = FindFunction(name);
    if (call->function == nullptr) {
      return QueryError(
          "SC2005", absl::StrCat("'", call->name, "' is not a recognized built-in function name."),
          call->extent);
    }
    least = call->function->least;
    most = call->function->most;
  }
  if (count < least || count > most) {
    return QueryError("SC2050",
                      absl::StrCat("The ", call->name, " function requires ",
                                   least == most   ? absl::StrCat(least)
                                   : count < least ? absl::StrCat("at least ", least)
                                                   : absl::StrCat("at most ", most),
                                   " argument(s) and was given ", count, "."),
                      call->extent);
  }
  return call;
}

absl::StatusOr<ExpressionPtr> Grammar::ParseArray() {
  ExpressionPtr made = Make(Kind::kArray);
  Take();
  while (!Peek().Is("]")) {
    WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
    if (!Accept(",")) break;
  }
  WEIR_RETURN_IF_ERROR(Expect("]"));
  return Done(std::move(made));
}

absl::StatusOr<ExpressionPtr> Grammar::ParseObject() {
  ExpressionPtr made = Make(Kind::kObject);
  Take();
  while (!Peek().Is("}")) {
    const Token::Kind kind = Peek().kind;
    if (kind != Token::Kind::kString && kind != Token::Kind::kWord) return Unexpected();
    made->keys.push_back(Take().text);
    WEIR_RETURN_IF_ERROR(Expect(":"));
    WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
    if (!Accept(",")) break;
  }
  WEIR_RETURN_IF_ERROR(Expect("}"));
  return Done(std::move(made));
}

}  // namespace weir::cosmos::emulator::sql
