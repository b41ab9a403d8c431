// FROM, JOIN, subqueries, groups and limits over one item.
#include <gtest/gtest.h>

#include <string>

#include "tests/backends/emulator/sql_fixture.h"

namespace weir::cosmos::emulator::sql {
namespace {

constexpr char kItem[] = R"({
  "id": "fam", "tags": [{"n": "a", "v": 1}, {"n": "b", "v": 2}, {"n": "a", "v": 5}, {"v": "x"}],
  "kids": [{"name": "Ann", "pets": ["cat", "dog"]}, {"name": "Bob"}, {"name": "Cy", "pets": []}],
  "sub": {"list": [3, 1, 2], "deep": {"x": 9}}, "scalar": 4, "order": 1})";

struct Case {
  const char* query;
  const char* rows;
};

template <size_t kCount>
void Check(const Case (&cases)[kCount]) {
  for (const Case& c : cases) EXPECT_EQ(RowsOf(c.query, kItem), c.rows) << c.query;
}

TEST(SqlRows, From) {
  Check({{"SELECT VALUE 1", "[1]"},
         {"SELECT 1, 2 AS two, 3", R"([{"$1":1,"two":2,"$2":3}])"},
         {"SELECT VALUE anything.id FROM anything", R"(["fam"])"},
         {"SELECT VALUE f.id FROM Families AS f", R"(["fam"])"},
         {"SELECT VALUE f.id FROM Families f", R"(["fam"])"},
         {"SELECT * FROM c.sub.deep", R"([{"x":9}])"},
         {"SELECT VALUE deep.x FROM c.sub.deep", "[9]"},
         {"SELECT d.x FROM c.sub.deep AS d", R"([{"x":9}])"},
         {"SELECT VALUE d FROM c['sub']['list'] d", "[[3,1,2]]"},
         {"SELECT * FROM c.nope", "[]"},
         {"SELECT VALUE x FROM x IN c.sub.list", "[3,1,2]"},
         {"SELECT * FROM x IN c.sub.list", "[3,1,2]"},
         {"SELECT VALUE x FROM x IN c.scalar", "[]"},
         {"SELECT VALUE x FROM x IN c.nope", "[]"},
         {"SELECT VALUE k.name FROM k IN c.kids WHERE IS_DEFINED(k.pets)", R"(["Ann","Cy"])"},
         {"SELECT k.name FROM k IN c.kids", R"([{"name":"Ann"},{"name":"Bob"},{"name":"Cy"}])"},
         {"SELECT t.nope FROM t IN c.tags WHERE t.v = 1", "[{}]"},
         {"SELECT VALUE t.nope FROM t IN c.tags", "[]"},
         {"SELECT c.sub.* , c.id FROM c",
          "{\"errors\":[{\"severity\":\"Error\",\"location\":"
          "{\"start\":13,\"end\":14},\"code\":\"SC1001\",\"message\":\"Syntax error, incorrect "
          "syntax near '*'.\"}]}"},
         {"SELECT d.*, 1 AS one FROM c.sub.deep d", R"([{"x":9,"one":1}])"}});
}

TEST(SqlRows, Join) {
  Check({{"SELECT VALUE t.v FROM c JOIN t IN c.tags WHERE t.n = 'a'", "[1,5]"},
         {"SELECT k.name, p FROM c JOIN k IN c.kids JOIN p IN k.pets",
          R"([{"name":"Ann","p":"cat"},{"name":"Ann","p":"dog"}])"},
         {"SELECT VALUE CONCAT(k.name, t.n) FROM c JOIN k IN c.kids JOIN t IN c.tags "
          "WHERE t.v = 1",
          R"(["Anna","Boba","Cya"])"},
         {"SELECT VALUE a || b FROM c JOIN a IN ['1', '2'] JOIN b IN ['x']",
          "{\"errors\":[{\"severity\":\"Error\",\"location\":{\"start\":37,\"end\":38},\"code\":"
          "\"SC1001\",\"message\":\"Syntax error, incorrect syntax near '['.\"}]}"},
         {"SELECT VALUE p FROM k IN c.kids JOIN p IN k.pets", R"(["cat","dog"])"},
         {"SELECT VALUE s.list[0] FROM c JOIN s IN c.nope", "[]"},
         {"SELECT VALUE t.v FROM c JOIN (SELECT VALUE t FROM t IN c.tags WHERE t.v > 1) AS t",
          "[2,5]"},
         {"SELECT VALUE n FROM c JOIN (SELECT VALUE COUNT(1) FROM t IN c.tags) AS n", "[4]"},
         {"SELECT VALUE r.f FROM c JOIN t IN c.tags JOIN r IN (SELECT VALUE "
          "[{n: 'a', f: 'full a'}, {n: 'b', f: 'full b'}]) WHERE r.n = t.n",
          R"(["full a","full b","full a"])"},
         {"SELECT VALUE COUNT(1) FROM c JOIN (SELECT VALUE t FROM t IN c.tags WHERE t.n = 'a') "
          "JOIN (SELECT VALUE k FROM k IN c.kids)",
          "[6]"}});
}

TEST(SqlRows, Subqueries) {
  Check(
      {{"SELECT VALUE (SELECT VALUE COUNT(1) FROM t IN c.tags WHERE t.n = 'a') FROM c", "[2]"},
       {"SELECT (SELECT VALUE 1) AS one FROM c", R"([{"one":1}])"},
       {"SELECT VALUE ARRAY(SELECT VALUE t.v FROM t IN c.tags) FROM c", R"([[1,2,5,"x"]])"},
       {"SELECT VALUE ARRAY(SELECT t.n FROM t IN c.tags WHERE t.v < 3) FROM c",
        R"([[{"n":"a"},{"n":"b"}]])"},
       {"SELECT VALUE ARRAY(SELECT DISTINCT VALUE t.n FROM t IN c.tags) FROM c", R"([["a","b"]])"},
       {"SELECT VALUE ARRAY(SELECT TOP 2 VALUE t.v FROM t IN c.tags) FROM c", "[[1,2]]"},
       {"SELECT VALUE ARRAY(SELECT VALUE t.v FROM t IN c.tags OFFSET 1 LIMIT 2) FROM c", "[[2,5]]"},
       {"SELECT VALUE {k: ARRAY(SELECT k.name, ARRAY(SELECT VALUE UPPER(p) FROM p IN k.pets) AS "
        "pets FROM k IN c.kids WHERE EXISTS(SELECT VALUE p FROM p IN k.pets))} FROM c",
        R"([{"k":[{"name":"Ann","pets":["CAT","DOG"]}]}])"},
       {"SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t.v = 2)",
        R"(["fam"])"},
       {"SELECT VALUE c.id FROM c WHERE NOT EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t.v = 3)",
        R"(["fam"])"},
       {"SELECT VALUE EXISTS(SELECT VALUE undefined)", "[false]"},
       {"SELECT VALUE EXISTS(SELECT undefined)", "[true]"},
       {"SELECT VALUE EXISTS(SELECT VALUE null)", "[true]"},
       {"SELECT VALUE EXISTS(SELECT VALUE COUNT(1) FROM t IN c.nope) FROM c", "[true]"},
       {"SELECT VALUE (SELECT VALUE SUM(x) FROM x IN c.sub.list) / ARRAY_LENGTH(c.sub.list) "
        "FROM c",
        "[2]"},
       {"SELECT VALUE x.d FROM (SELECT c.scalar * 2 AS d FROM c) AS x", "[8]"},
       {"SELECT VALUE (SELECT VALUE MAX(t.v) FROM t IN c.tags WHERE IS_NUMBER(t.v)) FROM c", "[5]"},
       {"SELECT VALUE (SELECT TOP 1 VALUE t.n FROM t IN c.tags) FROM c", R"(["a"])"},
       {"SELECT VALUE c.id FROM c WHERE 'b' IN (c.tags[0].n, c.tags[1].n)", R"(["fam"])"}});
}

TEST(SqlRows, GroupsAndAggregates) {
  Check({{"SELECT t.n, COUNT(1) AS k, SUM(t.v) AS s FROM t IN c.tags GROUP BY t.n",
          R"([{"n":"a","k":2,"s":6},{"n":"b","k":1,"s":2},{"k":1}])"},
         {"SELECT VALUE t.n FROM t IN c.tags GROUP BY t.n", R"(["a","b"])"},
         {"SELECT UPPER(t.n) AS u, MIN(t.v) m FROM t IN c.tags WHERE t.v < 9 GROUP BY UPPER(t.n)",
          R"([{"u":"A","m":1},{"u":"B","m":2}])"},
         {"SELECT COUNT(1), COUNT(t.n), COUNTIF(t.n = 'a') FROM t IN c.tags",
          R"([{"$1":4,"$2":3,"$3":2}])"},
         {"SELECT VALUE COUNT(1) FROM t IN c.nope", "[0]"},
         {"SELECT VALUE SUM(t.v) FROM t IN c.nope", "[0]"},
         {"SELECT VALUE AVG(t.v) FROM t IN c.nope", "[]"},
         {"SELECT VALUE MIN(t.v) FROM t IN c.nope", "[]"},
         {"SELECT VALUE SUM(t.v) FROM t IN c.tags", "[]"},
         {"SELECT VALUE AVG(x) FROM x IN c.sub.list", "[2]"},
         {"SELECT VALUE MAX(t.v) FROM t IN c.tags", R"(["x"])"},
         {"SELECT VALUE MIN(t.v) FROM t IN c.tags", "[1]"},
         {"SELECT VALUE MIN(t) FROM t IN c.tags", "[]"},
         {"SELECT VALUE {n: COUNT(1), low: MIN(x), high: MAX(x) + 1} FROM x IN c.sub.list",
          R"([{"n":3,"low":1,"high":4}])"},
         {"SELECT VALUE MAKELIST(t.n) FROM t IN c.tags", R"([["a","b","a"]])"},
         {"SELECT VALUE MAKESET(t.n) FROM t IN c.tags", R"([["a","b"]])"},
         {"SELECT TOP 1 t.n FROM t IN c.tags GROUP BY t.n", R"([{"n":"a"}])"},
         {"SELECT t.n FROM t IN c.tags GROUP BY t.n OFFSET 1 LIMIT 1", R"([{"n":"b"}])"},
         {"SELECT DISTINCT VALUE t.n FROM t IN c.tags", R"(["a","b"])"},
         {"SELECT DISTINCT t.n FROM t IN c.tags", R"([{"n":"a"},{"n":"b"},{}])"},
         {"SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE t.n FROM t IN c.tags)", "[2]"}});
}

TEST(SqlRows, ParametersStandEverywhere) {
  const std::vector<Parameter> parameters = {
      {"@n", Value::Number(1)},
      {"@name", Value::String("a")},
      {"@list", Value::Array({Value::Number(1), Value::Number(5)})},
      {"@undefined", Value()}};
  const auto rows = [&](const char* query) { return RowsOf(query, kItem, parameters); };
  EXPECT_EQ(rows("SELECT VALUE t.v FROM t IN c.tags WHERE t.n = @name OFFSET @n LIMIT @n"), "[5]");
  EXPECT_EQ(rows("SELECT TOP @n VALUE t.v FROM t IN c.tags"), "[1]");
  EXPECT_EQ(rows("SELECT VALUE t.v FROM t IN c.tags WHERE ARRAY_CONTAINS(@list, t.v)"), "[1,5]");
  EXPECT_EQ(rows("SELECT VALUE c.tags[@n][\"v\"] FROM c"), "[2]");
  EXPECT_EQ(rows("SELECT VALUE c.tags[0][@name] FROM c"), "[]");
  EXPECT_EQ(rows("SELECT VALUE @undefined"), "[]");
  EXPECT_EQ(rows("SELECT {p: @list, q: [@name]} AS o"), R"([{"o":{"p":[1,5],"q":["a"]}}])");
}

}  // namespace
}  // namespace weir::cosmos::emulator::sql
