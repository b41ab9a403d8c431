#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/sql/grammar.h"
#include "base/status.h"

namespace weir::cosmos::emulator::sql {

using Kind = Expression::Kind;

// ------------------------------------------------------------------------------------ tokens

const Token& Grammar::Peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& Grammar::Take() { return tokens_[std::min(at_++, tokens_.size() - 1)]; }

bool Grammar::Accept(std::string_view word) {
  if (!Peek().Is(word)) return false;
  ++at_;
  return true;
}

absl::Status Grammar::Expect(std::string_view word) {
  return Accept(word) ? absl::OkStatus() : Unexpected();
}

absl::Status Grammar::Unexpected() const { return SyntaxErrorNear(text_, Peek().extent()); }

absl::StatusOr<std::string> Grammar::ParseName() {
  if (Peek().kind != Token::Kind::kWord || Peek().IsReserved()) return Unexpected();
  return Take().text;
}

absl::Status Grammar::TooDeep() const {
  return QueryError("SC3052", "The query is nested too deeply, or has too many operators in a row.",
                    Peek().extent());
}

absl::Status Grammar::Enter() { return ++nesting_ > kMaxNesting ? TooDeep() : absl::OkStatus(); }

// ----------------------------------------------------------------------------------- clauses

absl::StatusOr<Query> Grammar::Whole() {
  WEIR_ASSIGN_OR_RETURN(Query query, ParseQuery());
  if (Peek().kind != Token::Kind::kEnd) return Unexpected();
  return query;
}

absl::StatusOr<Query> Grammar::ParseQuery() {
  WEIR_RETURN_IF_ERROR(Enter());
  Query query;
  query.extent.start = Peek().position;
  WEIR_RETURN_IF_ERROR(Expect("select"));
  WEIR_RETURN_IF_ERROR(ParseSelect(&query));
  if (Accept("from")) WEIR_RETURN_IF_ERROR(ParseFrom(&query));
  if (Accept("where")) {
    WEIR_ASSIGN_OR_RETURN(query.where, ParseExpression());
  }
  WEIR_RETURN_IF_ERROR(ParseGroupBy(&query));
  WEIR_RETURN_IF_ERROR(ParseOrderBy(&query));
  WEIR_RETURN_IF_ERROR(ParseLimits(&query));
  query.extent.end = tokens_[at_ > 0 ? at_ - 1 : 0].end;
  Leave();
  return query;
}

absl::Status Grammar::ParseSelect(Query* query) {
  query->distinct = Accept("distinct");
  if (Accept("top")) {
    WEIR_ASSIGN_OR_RETURN(query->top, ParseCount());
  }
  if (Accept("*")) {
    query->select_all = true;
    return absl::OkStatus();
  }
  query->select_value = Accept("value");
  do {
    WEIR_RETURN_IF_ERROR(ParseSelectItem(query));
  } while (!query->select_value && Accept(","));
  return absl::OkStatus();
}

absl::Status Grammar::ParseSelectItem(Query* query) {
  SelectItem item;
  if (Peek().kind == Token::Kind::kWord && Peek(1).Is(".") && Peek(2).Is("*") &&
      !query->select_value) {
    item.expression = Make(Kind::kAlias);
    WEIR_ASSIGN_OR_RETURN(item.expression->name, ParseName());
    WEIR_ASSIGN_OR_RETURN(item.expression, Done(std::move(item.expression)));
    item.spread = true;
    Take();  // "."
    Take();  // "*"
    query->select.push_back(std::move(item));
    return absl::OkStatus();
  }
  WEIR_ASSIGN_OR_RETURN(item.expression, ParseExpression());
  WEIR_RETURN_IF_ERROR(NameSelectItem(*query, &item));
  query->select.push_back(std::move(item));
  return absl::OkStatus();
}

// "c.a AS x", "c.a x", or what the expression itself suggests.
absl::Status Grammar::NameSelectItem(const Query& query, SelectItem* item) {
  const Expression& e = *item->expression;
  const Extent place = Peek().extent();
  const bool may_be_named = Peek().kind == Token::Kind::kWord && !Peek().IsReserved();
  item->is_named = true;
  if (Accept("as") || may_be_named) {
    WEIR_ASSIGN_OR_RETURN(item->alias, ParseName());
  } else if (e.kind == Kind::kProperty || e.kind == Kind::kAlias) {
    item->alias = e.name;
  } else if (e.kind == Kind::kIndex && e.children[1]->kind == Kind::kLiteral &&
             e.children[1]->literal.type() == Value::Type::kString) {
    item->alias = std::string(e.children[1]->literal.text());
  } else {
    item->is_named = false;
    int unnamed = 1;
    for (const SelectItem& other : query.select) unnamed += other.is_named || other.spread ? 0 : 1;
    item->alias = absl::StrCat("$", unnamed);
  }
  if (query.select_value) return absl::OkStatus();
  for (const SelectItem& other : query.select) {
    if (other.alias == item->alias && !other.spread) {
      return QueryError(
          "SC2030",
          absl::StrCat("The name '", item->alias, "' is specified more than once in SELECT."),
          item->is_named ? e.extent : place);
    }
  }
  return absl::OkStatus();
}

absl::Status Grammar::ParseFrom(Query* query) {
  do {
    WEIR_ASSIGN_OR_RETURN(Source source, ParseSource());
    query->sources.push_back(std::move(source));
  } while (Accept("join"));
  return absl::OkStatus();
}

absl::StatusOr<Source> Grammar::ParseSource() {
  Source source;
  source.extent = Peek().extent();
  if (Peek().kind == Token::Kind::kWord && Peek(1).Is("in")) {
    WEIR_ASSIGN_OR_RETURN(source.alias, ParseName());
    Take();  // "in"
    source.iterates = true;
    WEIR_ASSIGN_OR_RETURN(source.collection, ParseCollection());
    return source;
  }
  WEIR_ASSIGN_OR_RETURN(source.collection, ParseCollection());
  const Expression& e = *source.collection;
  if (e.kind == Kind::kAlias || e.kind == Kind::kProperty) source.alias = e.name;
  const bool may_be_named = Peek().kind == Token::Kind::kWord && !Peek().IsReserved();
  if (Accept("as") || may_be_named) {
    source.extent = Peek().extent();
    WEIR_ASSIGN_OR_RETURN(source.alias, ParseName());
  }
  return source;
}

// A name with steps behind it, or a subquery.
absl::StatusOr<ExpressionPtr> Grammar::ParseCollection() {
  if (Peek().Is("(") && Peek(1).Is("select")) return ParseParenthesis();
  ExpressionPtr made = Make(Kind::kAlias);
  WEIR_ASSIGN_OR_RETURN(made->name, ParseName());
  WEIR_ASSIGN_OR_RETURN(made, Done(std::move(made)));
  return ParseSteps(std::move(made));
}

absl::Status Grammar::ParseGroupBy(Query* query) {
  if (!Accept("group")) return absl::OkStatus();
  WEIR_RETURN_IF_ERROR(Expect("by"));
  do {
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr key, ParseExpression());
    query->group_by.push_back(std::move(key));
  } while (Accept(","));
  return absl::OkStatus();
}

absl::Status Grammar::ParseOrderBy(Query* query) {
  if (!Accept("order")) return absl::OkStatus();
  WEIR_RETURN_IF_ERROR(Expect("by"));
  if (Peek().Is("rank")) return NotSupported("ORDER BY RANK", Peek().extent());
  do {
    OrderItem item;
    WEIR_ASSIGN_OR_RETURN(item.expression, ParseExpression());
    item.descending = Accept("desc");
    if (!item.descending) Accept("asc");
    query->order_by.push_back(std::move(item));
  } while (Accept(","));
  return absl::OkStatus();
}

absl::Status Grammar::ParseLimits(Query* query) {
  const Extent place = Peek().extent();
  if (!Accept("offset")) return absl::OkStatus();
  WEIR_ASSIGN_OR_RETURN(query->offset, ParseCount());
  WEIR_RETURN_IF_ERROR(Expect("limit"));
  WEIR_ASSIGN_OR_RETURN(query->limit, ParseCount());
  if (query->top) {
    return QueryError("SC2202", "'OFFSET LIMIT' cannot be used together with 'TOP'.", place);
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Grammar::ParseCount() {
  const Extent place = Peek().extent();
  double number = -1;
  if (Peek().kind == Token::Kind::kNumber) {
    number = Take().number;
  } else if (Peek().kind == Token::Kind::kParameter) {
    WEIR_ASSIGN_OR_RETURN(const ExpressionPtr parameter, ParseParameter());
    if (parameter->literal.type() == Value::Type::kNumber) number = parameter->literal.number();
  } else {
    return Unexpected();
  }
  if (number < 0 || number > 2147483647.0 ||
      number != static_cast<double>(static_cast<int64_t>(number))) {
    return QueryError("SC2061",
                      "TOP, OFFSET and LIMIT take a whole number between 0 and 2147483647.", place);
  }
  return static_cast<int64_t>(number);
}

}  // namespace weir::cosmos::emulator::sql
