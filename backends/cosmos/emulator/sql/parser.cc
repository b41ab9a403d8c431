#include "backends/cosmos/emulator/sql/parser.h"

#include <initializer_list>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/sql/functions.h"
#include "backends/cosmos/emulator/sql/token.h"
#include "base/status.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Kind = Expression::Kind;

struct BinaryOperator {
  std::string_view symbol;
  Operator op;
};

// From the loosest to the tightest; NOT, comparison, IN, BETWEEN and LIKE stand apart.
constexpr BinaryOperator kComparisons[] = {
    {"=", Operator::kEqual},          {"!=", Operator::kNotEqual},    {"<>", Operator::kNotEqual},
    {"<", Operator::kLess},           {"<=", Operator::kLessOrEqual}, {">", Operator::kGreater},
    {">=", Operator::kGreaterOrEqual}};
constexpr BinaryOperator kBitOr[] = {{"|", Operator::kBitOr}};
constexpr BinaryOperator kBitXor[] = {{"^", Operator::kBitXor}};
constexpr BinaryOperator kBitAnd[] = {{"&", Operator::kBitAnd}};
constexpr BinaryOperator kSums[] = {
    {"+", Operator::kAdd}, {"-", Operator::kSubtract}, {"||", Operator::kConcatenate}};
constexpr BinaryOperator kProducts[] = {
    {"*", Operator::kMultiply}, {"/", Operator::kDivide}, {"%", Operator::kModulo}};
constexpr absl::Span<const BinaryOperator> kLevels[] = {kBitOr, kBitXor, kBitAnd, kSums, kProducts};
constexpr size_t kLevelCount = std::size(kLevels);

constexpr std::string_view kClauseWords[] = {"from",  "where", "group", "order", "offset",
                                             "limit", "join",  "asc",   "desc",  "in"};

std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

struct NamedAggregate {
  std::string_view name;
  AggregateFunction aggregate;
};
constexpr NamedAggregate kAggregates[] = {{"count", AggregateFunction::kCount},
                                          {"sum", AggregateFunction::kSum},
                                          {"min", AggregateFunction::kMin},
                                          {"max", AggregateFunction::kMax},
                                          {"avg", AggregateFunction::kAverage}};

class Parser {
 public:
  Parser(std::vector<Token> tokens, const std::vector<Parameter>& parameters)
      : tokens_(std::move(tokens)), parameters_(parameters) {}

  absl::StatusOr<Query> Run() {
    WEIR_RETURN_IF_ERROR(Expect("select"));
    WEIR_RETURN_IF_ERROR(ParseSelect());
    if (Accept("from")) WEIR_RETURN_IF_ERROR(ParseFrom());
    if (Accept("where")) {
      WEIR_ASSIGN_OR_RETURN(query_.where, ParseExpression());
    }
    WEIR_RETURN_IF_ERROR(ParseGroupBy());
    WEIR_RETURN_IF_ERROR(ParseOrderBy());
    WEIR_RETURN_IF_ERROR(ParseOffsetLimit());
    if (Peek().kind != Token::Kind::kEnd) return Unexpected();
    WEIR_RETURN_IF_ERROR(CheckAliases());
    return std::move(query_);
  }

 private:
  // ------------------------------------------------------------------------------- tokens
  const Token& Peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& Take() { return tokens_[std::min(at_++, tokens_.size() - 1)]; }
  bool Accept(std::string_view word) {
    if (!Peek().Is(word)) return false;
    ++at_;
    return true;
  }
  absl::Status Expect(std::string_view word) {
    return Accept(word)
               ? absl::OkStatus()
               : SyntaxError(absl::StrCat("expected ", absl::AsciiStrToUpper(std::string(word)),
                                          " and not ", Shown(Peek())),
                             Peek().position);
  }
  static std::string Shown(const Token& token) {
    if (token.kind == Token::Kind::kEnd) return "the end of the query";
    if (token.kind == Token::Kind::kString) return "a string";
    return absl::StrCat("'", token.text, "'");
  }
  absl::Status Unexpected() const {
    return SyntaxError(absl::StrCat("unexpected ", Shown(Peek())), Peek().position);
  }

  ExpressionPtr Make(Kind kind) const {
    auto made = std::make_unique<Expression>();
    made->kind = kind;
    made->position = Peek().position;
    return made;
  }

  // ------------------------------------------------------------------------------ clauses
  absl::Status ParseSelect() {
    query_.distinct = Accept("distinct");
    if (Accept("top")) {
      WEIR_ASSIGN_OR_RETURN(query_.top, ParseCount());
    }
    if (Accept("*")) {
      query_.select_all = true;
      return absl::OkStatus();
    }
    query_.select_value = Peek().Is("value") && !Peek(1).Is(",") && !Peek(1).Is(".") &&
                          !Peek(1).Is("from") && Accept("value");
    do {
      WEIR_RETURN_IF_ERROR(ParseSelectItem());
    } while (!query_.select_value && Accept(","));
    return absl::OkStatus();
  }

  absl::Status ParseSelectItem() {
    SelectItem item;
    WEIR_ASSIGN_OR_RETURN(item.expression, ParseExpression());
    if (!query_.select_value) {
      if (Accept("as")) {
        WEIR_ASSIGN_OR_RETURN(item.alias, ParseName());
      } else if (Peek().kind == Token::Kind::kWord && !IsClauseWord(Peek())) {
        item.alias = Take().text;
      } else {
        item.alias = DefaultAlias(*item.expression);
      }
      for (const SelectItem& other : query_.select) {
        if (other.alias == item.alias) {
          return SyntaxError(absl::StrCat("the alias '", item.alias, "' is used twice"),
                             item.expression->position);
        }
      }
    }
    query_.select.push_back(std::move(item));
    return absl::OkStatus();
  }

  static bool IsClauseWord(const Token& token) {
    for (const std::string_view word : kClauseWords) {
      if (token.Is(word)) return true;
    }
    return false;
  }

  std::string DefaultAlias(const Expression& expression) {
    if (expression.kind == Kind::kProperty || expression.kind == Kind::kAlias) {
      return expression.name;
    }
    if (expression.kind == Kind::kIndex && expression.children[1]->kind == Kind::kLiteral &&
        expression.children[1]->literal.type() == Value::Type::kString) {
      return std::string(expression.children[1]->literal.text());
    }
    return absl::StrCat("$", ++unnamed_);
  }

  absl::Status ParseFrom() {
    query_.has_from = true;
    WEIR_ASSIGN_OR_RETURN(query_.alias, ParseName());
    if (Peek().Is("in")) return NotYet("iterating over an array in FROM");
    if (Peek().Is(".") || Peek().Is("[")) return NotYet("a path in FROM");
    if (Accept("as")) {
      WEIR_ASSIGN_OR_RETURN(query_.alias, ParseName());
    } else if (Peek().kind == Token::Kind::kWord && !IsClauseWord(Peek())) {
      query_.alias = Take().text;
    }
    if (Peek().Is("join")) return NotYet("JOIN");
    return absl::OkStatus();
  }

  absl::Status ParseGroupBy() {
    if (!Accept("group")) return absl::OkStatus();
    WEIR_RETURN_IF_ERROR(Expect("by"));
    do {
      WEIR_ASSIGN_OR_RETURN(ExpressionPtr key, ParseExpression());
      query_.group_by.push_back(std::move(key));
    } while (Accept(","));
    return absl::OkStatus();
  }

  absl::Status ParseOrderBy() {
    const size_t position = Peek().position;
    if (!Accept("order")) return absl::OkStatus();
    WEIR_RETURN_IF_ERROR(Expect("by"));
    if (Peek().Is("rank")) return NotYet("ORDER BY RANK");
    if (!query_.group_by.empty()) {
      return SyntaxError("ORDER BY cannot be used with GROUP BY", position);
    }
    do {
      OrderItem item;
      WEIR_ASSIGN_OR_RETURN(item.expression, ParseExpression());
      item.descending = Accept("desc");
      if (!item.descending) Accept("asc");
      query_.order_by.push_back(std::move(item));
    } while (Accept(","));
    return absl::OkStatus();
  }

  absl::Status ParseOffsetLimit() {
    if (!Accept("offset")) return absl::OkStatus();
    if (query_.top) return SyntaxError("TOP cannot be used with OFFSET LIMIT", Peek().position);
    WEIR_ASSIGN_OR_RETURN(query_.offset, ParseCount());
    WEIR_RETURN_IF_ERROR(Expect("limit"));
    WEIR_ASSIGN_OR_RETURN(query_.limit, ParseCount());
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> ParseCount() {
    const size_t position = Peek().position;
    double number = -1;
    if (Peek().kind == Token::Kind::kNumber) {
      number = Take().number;
    } else if (Peek().kind == Token::Kind::kParameter) {
      WEIR_ASSIGN_OR_RETURN(const ExpressionPtr parameter, ParseParameter());
      if (parameter->literal.type() == Value::Type::kNumber) number = parameter->literal.number();
    }
    if (number < 0 || number > 1e15 ||
        number != static_cast<double>(static_cast<int64_t>(number))) {
      return SyntaxError("expected a whole number that is not negative", position);
    }
    return static_cast<int64_t>(number);
  }

  absl::StatusOr<std::string> ParseName() {
    if (Peek().kind != Token::Kind::kWord) return Unexpected();
    return Take().text;
  }

  absl::Status NotYet(std::string_view what) const {
    return absl::UnimplementedError(absl::StrCat("this emulator does not support ",
                                                 std::string(what), " yet, at position ",
                                                 Peek().position));
  }

  // The alias of FROM is known only after SELECT was read.
  absl::Status CheckAliases() const {
    for (const Expression* use : alias_uses_) {
      if (query_.has_from && use->name == query_.alias) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "Identifier '", use->name, "' could not be resolved, at position ", use->position));
    }
    return absl::OkStatus();
  }

  // -------------------------------------------------------------------------- expressions
  absl::StatusOr<ExpressionPtr> ParseExpression() {
    if (++depth_ > kMaxDepth) return SyntaxError("the query is nested too deeply", Peek().position);
    auto parsed = ParseConditional();
    --depth_;
    return parsed;
  }

  absl::StatusOr<ExpressionPtr> ParseConditional() {
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr condition, ParseCoalesce());
    if (!Accept("?")) return condition;
    ExpressionPtr made = Make(Kind::kConditional);
    made->children.push_back(std::move(condition));
    WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
    WEIR_RETURN_IF_ERROR(Expect(":"));
    WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
    return made;
  }

  absl::Status ParseChild(Expression* parent) {
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr child, ParseExpression());
    parent->children.push_back(std::move(child));
    return absl::OkStatus();
  }

  using Rule = absl::StatusOr<ExpressionPtr> (Parser::*)();

  // Left to right: operand (op operand)*, for one operator.
  absl::StatusOr<ExpressionPtr> ParseChain(std::string_view symbol, Operator op, Rule operand) {
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr left, (this->*operand)());
    while (Peek().Is(symbol)) {
      ExpressionPtr made = Make(Kind::kBinary);
      Take();
      made->op = op;
      WEIR_ASSIGN_OR_RETURN(ExpressionPtr right, (this->*operand)());
      made->children.push_back(std::move(left));
      made->children.push_back(std::move(right));
      left = std::move(made);
    }
    return left;
  }

  absl::StatusOr<ExpressionPtr> ParseCoalesce() {
    return ParseChain("??", Operator::kCoalesce, &Parser::ParseOr);
  }
  absl::StatusOr<ExpressionPtr> ParseOr() {
    return ParseChain("or", Operator::kOr, &Parser::ParseAnd);
  }
  absl::StatusOr<ExpressionPtr> ParseAnd() {
    return ParseChain("and", Operator::kAnd, &Parser::ParseNot);
  }

  absl::StatusOr<ExpressionPtr> ParseNot() {
    if (!Peek().Is("not")) return ParseComparison();
    if (++depth_ > kMaxDepth) return SyntaxError("the query is nested too deeply", Peek().position);
    ExpressionPtr made = Make(Kind::kUnary);
    Take();
    made->op = Operator::kNot;
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseNot());
    --depth_;
    made->children.push_back(std::move(operand));
    return made;
  }

  absl::StatusOr<ExpressionPtr> ParseComparison() {
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr left, ParseLevel(0));
    for (;;) {
      const bool negated =
          Peek().Is("not") && (Peek(1).Is("in") || Peek(1).Is("between") || Peek(1).Is("like"));
      if (negated) Take();
      if (Peek().Is("in")) {
        WEIR_ASSIGN_OR_RETURN(left, ParseIn(std::move(left)));
      } else if (Peek().Is("between")) {
        WEIR_ASSIGN_OR_RETURN(left, ParseBetween(std::move(left)));
      } else if (Peek().Is("like")) {
        WEIR_ASSIGN_OR_RETURN(left, ParseLike(std::move(left)));
      } else if (const BinaryOperator* found = Match(kComparisons)) {
        WEIR_ASSIGN_OR_RETURN(left, ParseRight(std::move(left), found->op, 0));
        continue;
      } else {
        return left;
      }
      left->negated = negated;
    }
  }

  absl::StatusOr<ExpressionPtr> ParseIn(ExpressionPtr left) {
    ExpressionPtr made = Make(Kind::kIn);
    Take();
    made->children.push_back(std::move(left));
    WEIR_RETURN_IF_ERROR(Expect("("));
    do {
      WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
    } while (Accept(","));
    WEIR_RETURN_IF_ERROR(Expect(")"));
    return made;
  }

  absl::StatusOr<ExpressionPtr> ParseBetween(ExpressionPtr left) {
    ExpressionPtr made = Make(Kind::kBetween);
    Take();
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr low, ParseLevel(0));
    WEIR_RETURN_IF_ERROR(Expect("and"));
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr high, ParseLevel(0));
    made->children.push_back(std::move(left));
    made->children.push_back(std::move(low));
    made->children.push_back(std::move(high));
    return made;
  }

  absl::StatusOr<ExpressionPtr> ParseLike(ExpressionPtr left) {
    ExpressionPtr made = Make(Kind::kLike);
    Take();
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr pattern, ParseLevel(0));
    made->children.push_back(std::move(left));
    made->children.push_back(std::move(pattern));
    if (Accept("escape")) {
      WEIR_ASSIGN_OR_RETURN(ExpressionPtr escape, ParseLevel(0));
      made->children.push_back(std::move(escape));
    }
    return made;
  }

  const BinaryOperator* Match(absl::Span<const BinaryOperator> operators) const {
    for (const BinaryOperator& candidate : operators) {
      if (Peek().Is(candidate.symbol)) return &candidate;
    }
    return nullptr;
  }

  absl::StatusOr<ExpressionPtr> ParseRight(ExpressionPtr left, Operator op, size_t level) {
    ExpressionPtr made = Make(Kind::kBinary);
    Take();
    made->op = op;
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr right, ParseLevel(level));
    made->children.push_back(std::move(left));
    made->children.push_back(std::move(right));
    return made;
  }

  absl::StatusOr<ExpressionPtr> ParseLevel(size_t level) {
    if (level == kLevelCount) return ParseUnary();
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr left, ParseLevel(level + 1));
    while (const BinaryOperator* found = Match(kLevels[level])) {
      WEIR_ASSIGN_OR_RETURN(left, ParseRight(std::move(left), found->op, level + 1));
    }
    return left;
  }

  absl::StatusOr<ExpressionPtr> ParseUnary() {
    constexpr BinaryOperator kUnary[] = {
        {"-", Operator::kMinus}, {"+", Operator::kPlus}, {"~", Operator::kBitNot}};
    const BinaryOperator* found = Match(kUnary);
    if (found == nullptr) return ParsePostfix();
    if (++depth_ > kMaxDepth) return SyntaxError("the query is nested too deeply", Peek().position);
    ExpressionPtr made = Make(Kind::kUnary);
    Take();
    made->op = found->op;
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseUnary());
    --depth_;
    made->children.push_back(std::move(operand));
    return made;
  }

  absl::StatusOr<ExpressionPtr> ParsePostfix() {
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr left, ParsePrimary());
    for (;;) {
      if (Accept(".")) {
        ExpressionPtr made = Make(Kind::kProperty);
        WEIR_ASSIGN_OR_RETURN(made->name, ParseName());
        made->children.push_back(std::move(left));
        left = std::move(made);
      } else if (Accept("[")) {
        ExpressionPtr made = Make(Kind::kIndex);
        made->children.push_back(std::move(left));
        WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
        WEIR_RETURN_IF_ERROR(Expect("]"));
        left = std::move(made);
      } else {
        return left;
      }
    }
  }

  absl::StatusOr<ExpressionPtr> ParsePrimary() {
    const Token& token = Peek();
    switch (token.kind) {
      case Token::Kind::kNumber:
        return Literal(Value::Number(Take().number));
      case Token::Kind::kString:
        return Literal(Value::String(Take().text));
      case Token::Kind::kParameter:
        return ParseParameter();
      case Token::Kind::kWord:
        return ParseWord();
      case Token::Kind::kSymbol:
        break;
      case Token::Kind::kEnd:
        return Unexpected();
    }
    if (Accept("(")) {
      if (Peek().Is("select")) return NotYet("subqueries");
      WEIR_ASSIGN_OR_RETURN(ExpressionPtr inner, ParseExpression());
      WEIR_RETURN_IF_ERROR(Expect(")"));
      return inner;
    }
    if (token.Is("[")) return ParseArray();
    if (token.Is("{")) return ParseObject();
    return Unexpected();
  }

  ExpressionPtr Literal(Value value) const {
    ExpressionPtr made = Make(Kind::kLiteral);
    made->literal = std::move(value);
    return made;
  }

  absl::StatusOr<ExpressionPtr> ParseParameter() {
    ExpressionPtr made = Make(Kind::kLiteral);
    made->name = Take().text;
    for (const Parameter& parameter : parameters_) {
      if (parameter.name != made->name) continue;
      made->literal = parameter.value;
      return made;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("The parameter ", made->name, " has no value, at position ", made->position));
  }

  absl::StatusOr<ExpressionPtr> ParseWord() {
    if (Peek(1).Is("(")) return ParseCall();
    if (Accept("true")) return Literal(Value::Boolean(true));
    if (Accept("false")) return Literal(Value::Boolean(false));
    if (Accept("null")) return Literal(Value::Null());
    if (Accept("undefined")) return Literal(Value());
    if (IsClauseWord(Peek())) return Unexpected();
    ExpressionPtr made = Make(Kind::kAlias);
    made->name = Take().text;
    alias_uses_.push_back(made.get());
    return made;
  }

  absl::StatusOr<ExpressionPtr> ParseCall() {
    ExpressionPtr made = Make(Kind::kCall);
    made->name = Take().text;
    Take();  // "("
    const std::string name = Lower(made->name);
    if (name == "exists" || (name == "array" && Peek().Is("select"))) return NotYet("subqueries");
    while (!Peek().Is(")")) {
      WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
      if (!Accept(",")) break;
    }
    WEIR_RETURN_IF_ERROR(Expect(")"));
    for (const NamedAggregate& aggregate : kAggregates) {
      if (aggregate.name == name) return AsAggregate(std::move(made), aggregate.aggregate);
    }
    made->function = FindFunction(name);
    if (made->function == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", made->name,
                       "' is not a recognized built-in function name, "
                       "at position ",
                       made->position));
    }
    const auto count = static_cast<int>(made->children.size());
    if (count < made->function->least || count > made->function->most) {
      return SyntaxError(
          absl::StrCat("the function ", made->name, " does not take ", count, " argument(s)"),
          made->position);
    }
    return made;
  }

  absl::StatusOr<ExpressionPtr> AsAggregate(ExpressionPtr call, AggregateFunction aggregate) {
    if (call->children.size() != 1) {
      return SyntaxError("an aggregate takes one argument", call->position);
    }
    call->kind = Kind::kAggregate;
    call->aggregate = aggregate;
    return call;
  }

  absl::StatusOr<ExpressionPtr> ParseArray() {
    ExpressionPtr made = Make(Kind::kArray);
    Take();
    while (!Peek().Is("]")) {
      WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
      if (!Accept(",")) break;
    }
    WEIR_RETURN_IF_ERROR(Expect("]"));
    return made;
  }

  absl::StatusOr<ExpressionPtr> ParseObject() {
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
    return made;
  }

  static constexpr int kMaxDepth = 200;

  const std::vector<Token> tokens_;
  const std::vector<Parameter>& parameters_;
  size_t at_ = 0;
  int depth_ = 0;
  int unnamed_ = 0;
  Query query_;
  std::vector<const Expression*> alias_uses_;
};

}  // namespace

absl::StatusOr<Query> Parse(std::string_view text, const std::vector<Parameter>& parameters) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text));
  return Parser(std::move(tokens), parameters).Run();
}

}  // namespace weir::cosmos::emulator::sql
