#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

#include "backends/cosmos/emulator/sql/aggregate.h"
#include "backends/cosmos/emulator/sql/analysis.h"
#include "backends/cosmos/emulator/sql/evaluate.h"
#include "backends/cosmos/emulator/sql/parser.h"
#include "backends/cosmos/emulator/sql/plan.h"
#include "backends/cosmos/emulator/sql/printer.h"

namespace weir::cosmos::emulator::sql {
namespace {

constexpr char kItem[] =
    R"({"id":"a","n":7,"f":1.5,"s":"Ünïcode text","t":true,"z":null,"o":{"k":[1,2,{"d":"deep"}]},)"
    R"("odd name":1,"tags":["x","y"]})";

// The JSON of an expression over kItem; "undefined" when it is.
std::string Eval(const std::string& expression, const std::vector<Parameter>& parameters = {}) {
  auto query = Parse("SELECT VALUE " + expression + " FROM c", parameters);
  if (!query.ok()) return std::string(query.status().message());
  simdjson::dom::parser parser;
  const std::string text(kItem);
  std::vector<Value> bindings(static_cast<size_t>(query->bindings));
  bindings[0] = Value::FromJson(parser.parse(text));
  Scope scope;
  scope.bindings = absl::MakeSpan(bindings);
  const Value value = Project(*query, scope);
  if (value.IsUndefined()) return "undefined";
  std::string json;
  value.AppendJson(&json);
  return json;
}

std::string ErrorOf(const std::string& query) {
  return std::string(Parse(query, {}).status().message());
}

TEST(SqlExpression, ReadsPropertiesAndElements) {
  EXPECT_EQ(Eval("c.n"), "7");
  EXPECT_EQ(Eval("c.o.k[2].d"), "\"deep\"");
  EXPECT_EQ(Eval("c[\"odd name\"]"), "1");
  EXPECT_EQ(Eval("c.tags"), R"(["x","y"])");
  EXPECT_EQ(Eval("c.nope.deeper"), "undefined");
  EXPECT_EQ(Eval("c.tags[5]"), "undefined");
}

TEST(SqlExpression, ComparesOnlyWithinAType) {
  EXPECT_EQ(Eval("c.n = 7"), "true");
  EXPECT_EQ(Eval("c.n = 7.0"), "true");
  EXPECT_EQ(Eval("c.n != 7"), "false");
  EXPECT_EQ(Eval("c.n <> 8"), "true");
  EXPECT_EQ(Eval("c.n >= 7 AND c.n <= 7 AND NOT (c.n > 7) AND NOT c.n < 7"), "true");
  EXPECT_EQ(Eval("c.n = '7'"), "undefined");
  EXPECT_EQ(Eval("c.n < 'x'"), "undefined");
  EXPECT_EQ(Eval("c.nope = 1"), "undefined");
  EXPECT_EQ(Eval("c.z = null"), "true");
  EXPECT_EQ(Eval("c.o.k = [1, 2, {d: 'deep'}]"), "true");
}

TEST(SqlExpression, HasThreeValuedLogic) {
  EXPECT_EQ(Eval("c.nope AND true"), "undefined");
  EXPECT_EQ(Eval("c.nope AND false"), "false");
  EXPECT_EQ(Eval("false AND c.nope"), "false");
  EXPECT_EQ(Eval("c.nope OR true"), "true");
  EXPECT_EQ(Eval("c.nope OR false"), "undefined");
  EXPECT_EQ(Eval("NOT c.nope"), "undefined");
  EXPECT_EQ(Eval("NOT c.n"), "undefined");
}

TEST(SqlExpression, BindsOperatorsAsUsersExpect) {
  EXPECT_EQ(Eval("1 + 2 * 3 - 4 / 2"), "5");
  EXPECT_EQ(Eval("(1 + 2) * 3 % 4"), "1");
  EXPECT_EQ(Eval("true OR false AND false"), "true");
  EXPECT_EQ(Eval("NOT false = true"), "true");
  EXPECT_EQ(Eval("-c.n + 1"), "-6");
  EXPECT_EQ(Eval("'a' || 'b' = 'ab'"), "true");
  EXPECT_EQ(Eval("c.n = 7 ? 'seven' : 'other'"), "\"seven\"");
  EXPECT_EQ(Eval("c.nope ?? c.f ?? 0"), "1.5");
  EXPECT_EQ(Eval("5 & 3 | 8"), "9");
}

TEST(SqlExpression, HasInBetweenAndLike) {
  EXPECT_EQ(Eval("c.n IN (1, 7)"), "true");
  EXPECT_EQ(Eval("c.n NOT IN (1, '7')"), "true");
  EXPECT_EQ(Eval("c.n BETWEEN 1 AND 7 AND c.t"), "true");
  EXPECT_EQ(Eval("c.n NOT BETWEEN 1 AND 7"), "false");
  EXPECT_EQ(Eval("c.n BETWEEN 'a' AND 'z'"), "undefined");
  EXPECT_EQ(Eval("c.id LIKE 'a%'"), "true");
  EXPECT_EQ(Eval("c.s LIKE '_n_code%t'"), "true");
  EXPECT_EQ(Eval("'b-1' LIKE '[a-c]-[^2]'"), "true");
  EXPECT_EQ(Eval("'50%' LIKE '50!%' ESCAPE '!'"), "true");
  EXPECT_EQ(Eval("c.s NOT LIKE '%zzz%'"), "true");
}

TEST(SqlExpression, CountsCharactersAndNotBytes) {
  EXPECT_EQ(Eval("LENGTH(c.s)"), "12");
  EXPECT_EQ(Eval("LEFT(c.s, 3)"), "\"Ünï\"");
  EXPECT_EQ(Eval("SUBSTRING(c.s, 2, 3)"), "\"ïco\"");
  EXPECT_EQ(Eval("RIGHT(c.s, 4)"), "\"text\"");
  EXPECT_EQ(Eval("INDEX_OF(c.s, 'code')"), "3");
  EXPECT_EQ(Eval("LEFT(c.n, 3)"), "undefined");
}

TEST(SqlExpression, HasTheFunctionsThatFiltersNeed) {
  EXPECT_EQ(Eval("STARTSWITH(c.s, 'Ü')"), "true");
  EXPECT_EQ(Eval("CONTAINS(c.s, 'TEXT')"), "false");
  EXPECT_EQ(Eval("CONTAINS(c.s, 'TEXT', true)"), "true");
  EXPECT_EQ(Eval("LOWER('ABC') || UPPER('abc')"), "\"abcABC\"");
  EXPECT_EQ(Eval("FLOOR(c.f) + CEILING(c.f)"), "3");
  EXPECT_EQ(Eval("IS_DEFINED(c.n) AND NOT IS_DEFINED(c.nope)"), "true");
  EXPECT_EQ(Eval("ARRAY_CONTAINS(c.tags, 'y') AND ARRAY_LENGTH(c.tags) = 2"), "true");
  EXPECT_EQ(Eval("CONCAT('a', c.id, ToString(c.n))"), "\"aa7\"");
  EXPECT_EQ(Eval("IS_NULL(c.z) AND IS_NUMBER(c.n) AND IS_STRING(c.s) AND IS_BOOL(c.t)"), "true");
}

TEST(SqlExpression, LeavesUndefinedOutOfWhatItBuilds) {
  EXPECT_EQ(Eval("{a: c.nope, 'b c': c.n}"), R"({"b c":7})");
  EXPECT_EQ(Eval("[c.nope, {item: c.nope}, 1]"), R"([{},1])");
}

TEST(SqlExpression, TakesParametersOfAnyType) {
  const std::vector<Parameter> parameters = {{"@n", Value::Number(7)},
                                             {"@s", Value::String("it's \"quoted\"")}};
  EXPECT_EQ(Eval("c.n = @n", parameters), "true");
  EXPECT_EQ(Eval("@s", parameters), R"("it's \"quoted\"")");
  EXPECT_NE(Eval("@other", parameters).find("'@other' has no value"), std::string::npos);
}

// {"errors":[…]} as the service has it.
std::string Error(int start, int end, const std::string& code, const std::string& message) {
  return absl::StrCat(R"({"errors":[{"severity":"Error","location":{"start":)", start, R"(,"end":)",
                      end, R"(},"code":")", code, R"(","message":")", message, R"("}]})");
}

std::string Near(int start, int end, const std::string& what) {
  return Error(start, end, "SC1001", "Syntax error, incorrect syntax near '" + what + "'.");
}

TEST(SqlParser, SaysWhereAQueryIsWrong) {
  EXPECT_EQ(ErrorOf("SELEC * FROM c"), Near(0, 5, "SELEC"));
  EXPECT_EQ(ErrorOf("SELECT * FROM c WHERE"),
            Error(21, 21, "SC1001", "Syntax error, unexpected end of the query."));
  EXPECT_EQ(ErrorOf("SELECT * FROM c WHERE c.a == 1"), Near(27, 28, "="));
  EXPECT_EQ(ErrorOf("SELECT * FROM c WHERE c.ä = 'ß' AND ;"), Near(36, 37, ";"));
  EXPECT_EQ(
      ErrorOf("SELECT * FROM c WHERE c.a = 'x"),
      Error(28, 30, "SC1012", "Syntax error, invalid string literal token: it does not end."));
  EXPECT_EQ(ErrorOf("SELECT 1a"),
            Error(7, 9, "SC1011", "Syntax error, invalid numeric value token '1a'."));
  EXPECT_EQ(ErrorOf("SELECT d.x FROM c"),
            Error(7, 8, "SC2001", "Identifier 'd' could not be resolved."));
  EXPECT_EQ(ErrorOf("SELECT FOO(c.x) FROM c"),
            Error(7, 10, "SC2005", "'FOO' is not a recognized built-in function name."));
  EXPECT_EQ(ErrorOf("SELECT * FROM c TOP 1"), Near(16, 19, "TOP"));
  EXPECT_EQ(ErrorOf("SELECT c.order FROM c"), Near(9, 14, "order"));
  EXPECT_EQ(ErrorOf("SELECT c.g FROM c GROUP BY c.g HAVING COUNT(1) > 1"), Near(31, 37, "HAVING"));
}

TEST(SqlParser, SaysWhatMakesNoSense) {
  const std::pair<const char*, const char*> cases[] = {
      {"SELECT LEFT(c.x) FROM c", "requires 2 argument(s) and was given 1"},
      {"SELECT c.a, c.b AS a FROM c", "'a' is specified more than once in SELECT"},
      {"SELECT c.a, COUNT(1) FROM c", "'c.a' is invalid in the select list"},
      {"SELECT * FROM c WHERE COUNT(1) > 1", "not allowed in the WHERE clause"},
      {"SELECT SUM(COUNT(1)) FROM c", "not allowed in another aggregate"},
      {"SELECT TOP -1 * FROM c", "near '-'"},
      {"SELECT TOP 1.5 * FROM c", "whole number"},
      {"SELECT *", "FROM clause is omitted"},
      {"SELECT * FROM c JOIN t IN c.tags", "single input set"},
      {"SELECT c.a FROM c JOIN c IN c.tags", "more than once in the FROM clause"},
      {"SELECT x.a FROM c AS f JOIN x IN c.tags", "Identifier 'c' could not be resolved"},
      {"SELECT (SELECT VALUE t FROM t IN c.tags) FROM c", "cannot be greater than one"},
      {"SELECT ARRAY(SELECT VALUE t FROM t IN c.tags ORDER BY t) FROM c",
       "'ORDER BY' is not supported in subqueries"},
      {"SELECT c.g FROM c GROUP BY c.g ORDER BY c.g", "together with 'GROUP BY'"},
      {"SELECT TOP 1 c.a FROM c OFFSET 1 LIMIT 1", "together with 'TOP'"},
      {"SELECT udf.tax(c.a) FROM c", "does not support user-defined functions"},
      {"SELECT ST_DISTANCE(c.a, c.b) FROM c", "does not support the function ST_DISTANCE"},
      {"SELECT * FROM c ORDER BY RANK c.a", "does not support ORDER BY RANK"},
      {"SELECT VALUE @nope", "'@nope' has no value"},
  };
  for (const auto& [query, error] : cases) {
    EXPECT_NE(ErrorOf(query).find(error), std::string::npos) << query << ": " << ErrorOf(query);
  }
}

TEST(SqlParser, IsNotBroughtDownByDepth) {
  const std::string deep = "SELECT " + std::string(100'000, '(') + "1";
  EXPECT_NE(ErrorOf(deep).find("nested too deeply"), std::string::npos);
  EXPECT_NE(ErrorOf("SELECT " + std::string(100'000, '~') + " 1").find("nested too deeply"),
            std::string::npos);
  for (const char* link : {" + 1", " AND 1", " OR 1", " ?? 1", " = 1", " IN (1)", ".a", "[0]"}) {
    std::string chain = "SELECT VALUE c";
    for (int i = 0; i < 100'000; ++i) chain += link;
    EXPECT_NE(ErrorOf(chain + " FROM c").find("nested too deeply"), std::string::npos) << link;
  }
  std::string subqueries = "SELECT VALUE ";
  for (int i = 0; i < 10'000; ++i) subqueries += "(SELECT VALUE ";
  EXPECT_NE(ErrorOf(subqueries).find("nested too deeply"), std::string::npos);
}

TEST(SqlParser, TakesAliasesWithAndWithoutAs) {
  const auto query =
      Parse("select c.a, c.b as x, c.d y, 1, c['q'], 2 from docs as c where true", {});
  ASSERT_TRUE(query.ok()) << query.status();
  ASSERT_EQ(query->select.size(), 6u);
  EXPECT_EQ(query->select[0].alias, "a");
  EXPECT_EQ(query->select[1].alias, "x");
  EXPECT_EQ(query->select[2].alias, "y");
  EXPECT_EQ(query->select[3].alias, "$1");
  EXPECT_EQ(query->select[4].alias, "q");
  EXPECT_EQ(query->select[5].alias, "$2");
  EXPECT_EQ(query->sources[0].alias, "c");
}

TEST(SqlPrinter, PrintsWhatParsesToTheSame) {
  for (const char* text :
       {"((c.a + 1) * c[\"odd name\"])", "(c.x IN (1, \"two\", null))",
        "(NOT (c.a BETWEEN 1 AND 2))", "{\"a\": [c.x, {}]}", "(c.s LIKE \"a%\" ESCAPE \"!\")",
        "LEFT(c.s, 2)", "c[\"order\"]", "EXISTS(SELECT VALUE t FROM t IN c.tags WHERE (t.a = 1))",
        "ARRAY(SELECT DISTINCT TOP 2 t.a AS x, 1 FROM c.sub AS s JOIN t IN s.l)",
        "(SELECT VALUE COUNT(1) FROM (SELECT VALUE n FROM n IN c.l) AS q)", "(1 >>> 2)",
        "(SELECT s.* FROM c.sub AS s OFFSET 1 LIMIT 1)"}) {
    const auto query = Parse(std::string("SELECT VALUE ") + text + " FROM c", {});
    ASSERT_TRUE(query.ok()) << query.status();
    EXPECT_EQ(Print(*query->select[0].expression), text);
  }
}

TEST(SqlAnalysis, KnowsWhatAnIndexCanServe) {
  const auto served = [](const std::string& filter) {
    auto query = Parse("SELECT * FROM c WHERE " + filter, {});
    EXPECT_TRUE(query.ok()) << query.status();
    return IsServedByIndex(
        *query->where, [](const std::vector<std::string>& path) { return path[0] != "excluded"; });
  };
  EXPECT_TRUE(served("c.a = 1 AND c.b.d > 2"));
  EXPECT_TRUE(served("c.a IN (1, 2) OR NOT c.b BETWEEN 1 AND 2"));
  EXPECT_TRUE(served("STARTSWITH(c.s, 'x') AND IS_DEFINED(c.a)"));
  EXPECT_FALSE(served("c.excluded = 1"));
  EXPECT_FALSE(served("UPPER(c.s) = 'X'"));
  EXPECT_FALSE(served("CONTAINS(c.s, 'x')"));
  EXPECT_FALSE(served("c.a = c.b"));
}

TEST(SqlAnalysis, CountsPredicates) {
  const auto query =
      Parse("SELECT * FROM c WHERE c.a = 1 AND (c.b > 2 OR NOT c.d < 3) AND true", {});
  EXPECT_EQ(CountPredicates(query->where.get()), 3);
}

Value ResultOf(AggregateFunction function, const std::vector<Value>& values) {
  Accumulator accumulator(function);
  for (const Value& value : values) accumulator.Add(value);
  return accumulator.Result();
}

TEST(SqlAggregate, PassesOverUndefinedAndRefusesOtherTypes) {
  const std::vector<Value> numbers = {Value::Number(3), Value(), Value::Number(5)};
  EXPECT_EQ(ResultOf(AggregateFunction::kCount, numbers).number(), 2);
  EXPECT_EQ(ResultOf(AggregateFunction::kSum, numbers).number(), 8);
  EXPECT_EQ(ResultOf(AggregateFunction::kAverage, numbers).number(), 4);
  EXPECT_EQ(ResultOf(AggregateFunction::kMin, numbers).number(), 3);
  EXPECT_EQ(ResultOf(AggregateFunction::kMax, numbers).number(), 5);
  const std::vector<Value> mixed = {Value::Number(3), Value::BorrowedString("x")};
  EXPECT_TRUE(ResultOf(AggregateFunction::kSum, mixed).IsUndefined());
  EXPECT_EQ(ResultOf(AggregateFunction::kMax, mixed).text(), "x");
  EXPECT_TRUE(ResultOf(AggregateFunction::kAverage, {}).IsUndefined());
  EXPECT_EQ(ResultOf(AggregateFunction::kCount, {}).number(), 0);
}

TEST(SqlValue, SortsByTypeFirst) {
  const std::vector<Value> ascending = {
      Value(),          Value::Null(),    Value::Boolean(false),      Value::Boolean(true),
      Value::Number(1), Value::Number(2), Value::BorrowedString("a"), Value::BorrowedString("b"),
      Value::Array({}), Value::Object({})};
  for (size_t i = 0; i < ascending.size(); ++i) {
    for (size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(Order(ascending[i], ascending[j]), i < j ? -1 : i > j ? 1 : 0) << i << " " << j;
    }
  }
}

std::string PlanOf(const std::string& text) {
  auto query = Parse(text, {});
  EXPECT_TRUE(query.ok()) << query.status();
  const auto plan = PlanJson(*query, "DCount", {"", "FF"});
  return plan.ok() ? *plan : std::string(plan.status().message());
}

TEST(SqlPlan, RewritesAnOrderedQueryForTheSdk) {
  EXPECT_NE(PlanOf("SELECT c.id, c.v FROM c ORDER BY c.v DESC")
                .find(R"(SELECT c._rid, [{\"item\": c.v}] AS orderByItems, )"
                      R"({\"id\": c.id, \"v\": c.v} AS payload\nFROM c\n)"
                      R"(WHERE ({documentdb-formattableorderbyquery-filter})\nORDER BY c.v DESC)"),
            std::string::npos);
}

TEST(SqlPlan, RewritesGroupsIntoSharesThatAddUp) {
  EXPECT_NE(
      PlanOf("SELECT c.g, COUNT(1) AS n FROM c GROUP BY c.g")
          .find(R"(SELECT [{\"item\": c.g}] AS groupByItems, )"
                R"({\"g\": c.g, \"n\": {\"item\": COUNT(1)}} AS payload\nFROM c\nGROUP BY c.g)"),
      std::string::npos);
  EXPECT_NE(
      PlanOf("SELECT VALUE AVG(c.v) FROM c").find(R"({\"sum\": SUM(c.v), \"count\": COUNT(c.v)})"),
      std::string::npos);
  EXPECT_NE(PlanOf("SELECT VALUE COUNT(1) + 1 FROM c").find("stand alone"), std::string::npos);
}

TEST(SqlPlan, SaysHowDistinctRowsAreMerged) {
  EXPECT_NE(PlanOf("SELECT DISTINCT VALUE c.v FROM c ORDER BY c.v").find(R"("Ordered")"),
            std::string::npos);
  EXPECT_NE(PlanOf("SELECT DISTINCT VALUE c.w FROM c ORDER BY c.v").find(R"("Unordered")"),
            std::string::npos);
  const std::string plan = PlanOf("SELECT COUNT(1) AS n FROM (SELECT DISTINCT VALUE c.v FROM c)");
  EXPECT_NE(plan.find(R"("dCountInfo":{"dCountAlias":"n"})"), std::string::npos) << plan;
  EXPECT_NE(plan.find(R"("rewrittenQuery":"SELECT DISTINCT VALUE c.v FROM c")"), std::string::npos);
}

TEST(SqlPlan, KeepsJoinsAndSubqueries) {
  const std::string plan = PlanOf(
      "SELECT c.id, t.n FROM c JOIN t IN c.tags JOIN (SELECT VALUE s FROM s IN t.subs) AS s "
      "WHERE s > 1 ORDER BY c.v OFFSET 3 LIMIT 4");
  EXPECT_NE(plan.find(R"(FROM c JOIN t IN c.tags JOIN (SELECT VALUE s FROM s IN t.subs) AS s\n)"
                      R"(WHERE ((s > 1) AND {documentdb-formattableorderbyquery-filter})\n)"
                      R"(ORDER BY c.v ASC\nOFFSET 0 LIMIT 7)"),
            std::string::npos)
      << plan;
}

}  // namespace
}  // namespace weir::cosmos::emulator::sql
