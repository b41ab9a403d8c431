#include <algorithm>
#include <utility>

#include "backends/cosmos/emulator/sql/grammar.h"
#include "base/status.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Kind = Expression::Kind;

constexpr BinaryOperator kComparisons[] = {
    {"=", Operator::kEqual},          {"!=", Operator::kNotEqual},    {"<>", Operator::kNotEqual},
    {"<", Operator::kLess},           {"<=", Operator::kLessOrEqual}, {">", Operator::kGreater},
    {">=", Operator::kGreaterOrEqual}};

// From the loosest to the tightest; NOT, comparison, IN, BETWEEN and LIKE stand apart.
constexpr BinaryOperator kBitOr[] = {{"|", Operator::kBitOr}};
constexpr BinaryOperator kBitXor[] = {{"^", Operator::kBitXor}};
constexpr BinaryOperator kBitAnd[] = {{"&", Operator::kBitAnd}};
constexpr BinaryOperator kShifts[] = {{"<<", Operator::kShiftLeft},
                                      {">>", Operator::kShiftRight},
                                      {">>>", Operator::kShiftRightZero}};
constexpr BinaryOperator kSums[] = {
    {"+", Operator::kAdd}, {"-", Operator::kSubtract}, {"||", Operator::kConcatenate}};
constexpr BinaryOperator kProducts[] = {
    {"*", Operator::kMultiply}, {"/", Operator::kDivide}, {"%", Operator::kModulo}};
constexpr absl::Span<const BinaryOperator> kLevels[] = {kBitOr,  kBitXor, kBitAnd,
                                                        kShifts, kSums,   kProducts};
constexpr size_t kLevelCount = std::size(kLevels);

int HeightOf(const Query& query) {
  int height = 1;
  const auto reach = [&](const ExpressionPtr& e) {
    if (e != nullptr) height = std::max(height, e->height);
  };
  for (const SelectItem& item : query.select) reach(item.expression);
  for (const Source& source : query.sources) reach(source.collection);
  reach(query.where);
  for (const ExpressionPtr& key : query.group_by) reach(key);
  for (const OrderItem& item : query.order_by) reach(item.expression);
  return height;
}

}  // namespace

// -------------------------------------------------------------------------------- making

ExpressionPtr Grammar::Make(Kind kind) const {
  auto made = std::make_unique<Expression>();
  made->kind = kind;
  made->extent = Peek().extent();
  return made;
}

absl::StatusOr<ExpressionPtr> Grammar::Done(ExpressionPtr made) const {
  if (!made->children.empty()) {
    made->extent.start = std::min(made->extent.start, made->children[0]->extent.start);
  }
  if (at_ > 0) made->extent.end = tokens_[std::min(at_, tokens_.size()) - 1].end;
  for (const ExpressionPtr& child : made->children) {
    made->height = std::max(made->height, child->height + 1);
  }
  if (made->query != nullptr) made->height = std::max(made->height, HeightOf(*made->query) + 1);
  if (made->height > kMaxHeight) return TooDeep();
  return made;
}

absl::StatusOr<ExpressionPtr> Grammar::Join(ExpressionPtr left, Operator op, ExpressionPtr right) {
  auto made = std::make_unique<Expression>();
  made->kind = Kind::kBinary;
  made->extent = left->extent;
  made->op = op;
  made->children.push_back(std::move(left));
  made->children.push_back(std::move(right));
  return Done(std::move(made));
}

absl::Status Grammar::ParseChild(Expression* parent) {
  WEIR_ASSIGN_OR_RETURN(ExpressionPtr child, ParseExpression());
  parent->children.push_back(std::move(child));
  return absl::OkStatus();
}

const BinaryOperator* Grammar::Match(absl::Span<const BinaryOperator> operators) const {
  for (const BinaryOperator& candidate : operators) {
    if (Peek().Is(candidate.symbol)) return &candidate;
  }
  return nullptr;
}

// ------------------------------------------------------------------------------ operators

absl::StatusOr<ExpressionPtr> Grammar::ParseExpression() {
  WEIR_RETURN_IF_ERROR(Enter());
  auto parsed = ParseConditional();
  Leave();
  return parsed;
}

absl::StatusOr<ExpressionPtr> Grammar::ParseConditional() {
  WEIR_ASSIGN_OR_RETURN(ExpressionPtr condition, ParseCoalesce());
  if (!Accept("?")) return condition;
  ExpressionPtr made = Make(Kind::kConditional);
  made->children.push_back(std::move(condition));
  WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
  WEIR_RETURN_IF_ERROR(Expect(":"));
  WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
  return Done(std::move(made));
}

// Left to right: operand (op operand)*, for one operator.
absl::StatusOr<ExpressionPtr> Grammar::ParseChain(std::string_view symbol, Operator op,
                                                  Rule operand) {
  WEIR_ASSIGN_OR_RETURN(ExpressionPtr left, (this->*operand)());
  while (Accept(symbol)) {
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr right, (this->*operand)());
    WEIR_ASSIGN_OR_RETURN(left, Join(std::move(left), op, std::move(right)));
  }
  return left;
}

absl::StatusOr<ExpressionPtr> Grammar::ParseCoalesce() {
  return ParseChain("??", Operator::kCoalesce, &Grammar::ParseOr);
}

absl::StatusOr<ExpressionPtr> Grammar::ParseOr() {
  return ParseChain("or", Operator::kOr, &Grammar::ParseAnd);
}

absl::StatusOr<ExpressionPtr> Grammar::ParseAnd() {
  return ParseChain("and", Operator::kAnd, &Grammar::ParseNot);
}

absl::StatusOr<ExpressionPtr> Grammar::ParseNot() {
  if (!Peek().Is("not")) return ParseComparison();
  WEIR_RETURN_IF_ERROR(Enter());
  ExpressionPtr made = Make(Kind::kUnary);
  Take();
  made->op = Operator::kNot;
  WEIR_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseNot());
  Leave();
  made->children.push_back(std::move(operand));
  return Done(std::move(made));
}

absl::StatusOr<ExpressionPtr> Grammar::ParseComparison() {
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
      Take();
      WEIR_ASSIGN_OR_RETURN(ExpressionPtr right, ParseLevel(0));
      WEIR_ASSIGN_OR_RETURN(left, Join(std::move(left), found->op, std::move(right)));
      continue;
    } else {
      return left;
    }
    left->negated = negated;
  }
}

absl::StatusOr<ExpressionPtr> Grammar::ParseIn(ExpressionPtr left) {
  ExpressionPtr made = Make(Kind::kIn);
  Take();
  made->children.push_back(std::move(left));
  WEIR_RETURN_IF_ERROR(Expect("("));
  do {
    WEIR_RETURN_IF_ERROR(ParseChild(made.get()));
  } while (Accept(","));
  WEIR_RETURN_IF_ERROR(Expect(")"));
  return Done(std::move(made));
}

absl::StatusOr<ExpressionPtr> Grammar::ParseBetween(ExpressionPtr left) {
  ExpressionPtr made = Make(Kind::kBetween);
  Take();
  WEIR_ASSIGN_OR_RETURN(ExpressionPtr low, ParseLevel(0));
  WEIR_RETURN_IF_ERROR(Expect("and"));
  WEIR_ASSIGN_OR_RETURN(ExpressionPtr high, ParseLevel(0));
  made->children.push_back(std::move(left));
  made->children.push_back(std::move(low));
  made->children.push_back(std::move(high));
  return Done(std::move(made));
}

absl::StatusOr<ExpressionPtr> Grammar::ParseLike(ExpressionPtr left) {
  ExpressionPtr made = Make(Kind::kLike);
  Take();
  WEIR_ASSIGN_OR_RETURN(ExpressionPtr pattern, ParseLevel(0));
  made->children.push_back(std::move(left));
  made->children.push_back(std::move(pattern));
  if (Accept("escape")) {
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr escape, ParseLevel(0));
    made->children.push_back(std::move(escape));
  }
  return Done(std::move(made));
}

absl::StatusOr<ExpressionPtr> Grammar::ParseLevel(size_t level) {
  if (level == kLevelCount) return ParseUnary();
  WEIR_ASSIGN_OR_RETURN(ExpressionPtr left, ParseLevel(level + 1));
  while (const BinaryOperator* found = Match(kLevels[level])) {
    Take();
    WEIR_ASSIGN_OR_RETURN(ExpressionPtr right, ParseLevel(level + 1));
    WEIR_ASSIGN_OR_RETURN(left, Join(std::move(left), found->op, std::move(right)));
  }
  return left;
}

absl::StatusOr<ExpressionPtr> Grammar::ParseUnary() {
  constexpr BinaryOperator kUnary[] = {
      {"-", Operator::kMinus}, {"+", Operator::kPlus}, {"~", Operator::kBitNot}};
  const BinaryOperator* found = Match(kUnary);
  if (found == nullptr) return ParsePostfix();
  WEIR_RETURN_IF_ERROR(Enter());
  ExpressionPtr made = Make(Kind::kUnary);
  Take();
  made->op = found->op;
  WEIR_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseUnary());
  Leave();
  made->children.push_back(std::move(operand));
  return Done(std::move(made));
}

}  // namespace weir::cosmos::emulator::sql
