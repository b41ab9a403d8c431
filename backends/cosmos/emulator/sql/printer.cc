#include "backends/cosmos/emulator/sql/printer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/emulator/sql/token.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Kind = Expression::Kind;

std::string_view Symbol(Operator op) {
  switch (op) {
    case Operator::kOr:
      return "OR";
    case Operator::kAnd:
      return "AND";
    case Operator::kNot:
      return "NOT ";
    case Operator::kEqual:
      return "=";
    case Operator::kNotEqual:
      return "!=";
    case Operator::kLess:
      return "<";
    case Operator::kLessOrEqual:
      return "<=";
    case Operator::kGreater:
      return ">";
    case Operator::kGreaterOrEqual:
      return ">=";
    case Operator::kConcatenate:
      return "||";
    case Operator::kBitOr:
      return "|";
    case Operator::kBitXor:
      return "^";
    case Operator::kBitAnd:
      return "&";
    case Operator::kBitNot:
      return "~";
    case Operator::kShiftLeft:
      return "<<";
    case Operator::kShiftRight:
      return ">>";
    case Operator::kShiftRightZero:
      return ">>>";
    case Operator::kAdd:
    case Operator::kPlus:
      return "+";
    case Operator::kSubtract:
    case Operator::kMinus:
      return "-";
    case Operator::kMultiply:
      return "*";
    case Operator::kDivide:
      return "/";
    case Operator::kModulo:
      return "%";
    case Operator::kCoalesce:
      return "??";
  }
  return "";
}

// Whether the name can stand behind a dot.
bool IsPlainName(const std::string& name) {
  const Token word{.kind = Token::Kind::kWord, .text = name};
  return !name.empty() && !word.IsReserved() &&
         !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$';
         });
}

class Printer {
 public:
  std::string Take() { return std::move(out_); }

  void Expr(const Expression& e) {
    switch (e.kind) {
      case Kind::kLiteral:
        return Literal(e);
      case Kind::kAlias:
        return Add(e.name);
      case Kind::kProperty:
        return Property(e);
      case Kind::kIndex:
        return Child(e, 0), Add("["), Child(e, 1), Add("]");
      case Kind::kUnary:
        return Add("("), Add(Symbol(e.op)), Child(e, 0), Add(")");
      case Kind::kBinary:
        return Add("("), Child(e, 0), Add(" "), Add(Symbol(e.op)), Add(" "), Child(e, 1), Add(")");
      case Kind::kBetween:
        return Add("("), Child(e, 0), Add(e.negated ? " NOT BETWEEN " : " BETWEEN "), Child(e, 1),
               Add(" AND "), Child(e, 2), Add(")");
      case Kind::kIn:
        return Add("("), Child(e, 0), Add(e.negated ? " NOT IN (" : " IN ("), List(e, 1), Add("))");
      case Kind::kLike:
        return Like(e);
      case Kind::kConditional:
        return Add("("), Child(e, 0), Add(" ? "), Child(e, 1), Add(" : "), Child(e, 2), Add(")");
      case Kind::kCall:
        return Add(absl::AsciiStrToUpper(e.name)), Add("("), List(e, 0), Add(")");
      case Kind::kAggregate:
        return Add(NameOf(e.aggregate)), Add("("), List(e, 0), Add(")");
      case Kind::kGroupKey:
        return Child(e, 0);
      case Kind::kArray:
        return Add("["), List(e, 0), Add("]");
      case Kind::kObject:
        return Object(e);
      case Kind::kSubquery:
        return Add("("), Whole(*e.query), Add(")");
      case Kind::kExists:
        return Add("EXISTS("), Whole(*e.query), Add(")");
      case Kind::kArraySubquery:
        return Add("ARRAY("), Whole(*e.query), Add(")");
    }
  }

  void Whole(const Query& query) {
    Add("SELECT ");
    if (query.distinct) Add("DISTINCT ");
    if (query.top) Add(absl::StrCat("TOP ", *query.top, " "));
    SelectList(query);
    if (!query.sources.empty()) Add(" FROM "), Sources(query);
    if (query.where != nullptr) Add(" WHERE "), Expr(*query.where);
    for (size_t i = 0; i < query.group_by.size(); ++i) {
      Add(i == 0 ? " GROUP BY " : ", ");
      Expr(*query.group_by[i]);
    }
    for (size_t i = 0; i < query.order_by.size(); ++i) {
      Add(i == 0 ? " ORDER BY " : ", ");
      Expr(*query.order_by[i].expression);
      Add(query.order_by[i].descending ? " DESC" : " ASC");
    }
    if (query.offset) Add(absl::StrCat(" OFFSET ", *query.offset, " LIMIT ", *query.limit));
  }

  void SelectList(const Query& query) {
    if (query.select_all) return Add("*");
    if (query.select_value) return Add("VALUE "), Expr(*query.select[0].expression);
    for (size_t i = 0; i < query.select.size(); ++i) {
      const SelectItem& item = query.select[i];
      if (i > 0) Add(", ");
      Expr(*item.expression);
      if (item.spread) {
        Add(".*");
      } else if (item.is_named) {  // "$1" gets its number again
        Add(" AS ");
        Add(item.alias);
      }
    }
  }

  void Sources(const Query& query) {
    for (size_t i = 0; i < query.sources.size(); ++i) {
      const Source& source = query.sources[i];
      if (i > 0) Add(" JOIN ");
      if (source.collection == nullptr) {
        Add(source.alias);
      } else if (source.iterates) {
        Add(source.alias), Add(" IN "), Expr(*source.collection);
      } else {
        Expr(*source.collection);
        if (!source.alias.empty()) Add(" AS "), Add(source.alias);
      }
    }
  }

 private:
  void Add(std::string_view text) { out_.append(text); }
  void Child(const Expression& e, size_t index) { Expr(*e.children[index]); }

  void List(const Expression& e, size_t from) {
    for (size_t i = from; i < e.children.size(); ++i) {
      if (i > from) Add(", ");
      Child(e, i);
    }
  }

  void Literal(const Expression& e) {
    if (!e.name.empty()) return Add(e.name);
    if (e.literal.IsUndefined()) return Add("undefined");
    e.literal.AppendJson(&out_);
  }

  void Property(const Expression& e) {
    Child(e, 0);
    if (IsPlainName(e.name)) {
      Add(".");
      Add(e.name);
    } else {
      Add("[");
      AppendJsonString(e.name, &out_);
      Add("]");
    }
  }

  void Like(const Expression& e) {
    Add("(");
    Child(e, 0);
    Add(e.negated ? " NOT LIKE " : " LIKE ");
    Child(e, 1);
    if (e.children.size() > 2) {
      Add(" ESCAPE ");
      Child(e, 2);
    }
    Add(")");
  }

  void Object(const Expression& e) {
    Add("{");
    for (size_t i = 0; i < e.children.size(); ++i) {
      if (i > 0) Add(", ");
      AppendJsonString(e.keys[i], &out_);
      Add(": ");
      Child(e, i);
    }
    Add("}");
  }

  std::string out_;
};

}  // namespace

std::string Print(const Expression& expression) {
  Printer printer;
  printer.Expr(expression);
  return printer.Take();
}

std::string Print(const Query& query) {
  Printer printer;
  printer.Whole(query);
  return printer.Take();
}

std::string PrintSources(const Query& query) {
  Printer printer;
  printer.Sources(query);
  return printer.Take();
}

std::string PrintSelectList(const Query& query) {
  Printer printer;
  printer.SelectList(query);
  return printer.Take();
}

std::string_view NameOf(AggregateFunction function) {
  switch (function) {
    case AggregateFunction::kCount:
      return "COUNT";
    case AggregateFunction::kCountIf:
      return "COUNTIF";
    case AggregateFunction::kMakeList:
      return "MAKELIST";
    case AggregateFunction::kMakeSet:
      return "MAKESET";
    case AggregateFunction::kSum:
      return "SUM";
    case AggregateFunction::kMin:
      return "MIN";
    case AggregateFunction::kMax:
      return "MAX";
    case AggregateFunction::kAverage:
      return "AVG";
  }
  return "";
}

}  // namespace weir::cosmos::emulator::sql
