// The parser and the evaluation survive whatever they are given: random words of the language in a
// row, queries cut off or with a byte changed. Bounded, and the same every time.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "tests/backends/emulator/sql_fixture.h"

namespace weir::cosmos::emulator::sql {
namespace {

constexpr uint64_t kSeed = 20'260'102;
constexpr int kRandomQueries = 30'000;

constexpr char kItem[] =
    R"({"id":"a","n":7,"s":"text","t":true,"z":null,"tags":[{"n":"x","v":1},{"v":2}],"o":{"p":[1]}})";

constexpr const char* kWords[] = {"SELECT",
                                  "VALUE",
                                  "DISTINCT",
                                  "TOP",
                                  "FROM",
                                  "JOIN",
                                  "IN",
                                  "WHERE",
                                  "GROUP BY",
                                  "ORDER BY",
                                  "OFFSET",
                                  "LIMIT",
                                  "AS",
                                  "AND",
                                  "OR",
                                  "NOT",
                                  "BETWEEN",
                                  "LIKE",
                                  "ESCAPE",
                                  "EXISTS(",
                                  "ARRAY(",
                                  "(SELECT",
                                  "c",
                                  "t",
                                  "c.tags",
                                  "c.n",
                                  "c.s",
                                  "c.o.p",
                                  "c[\"s\"]",
                                  "c[0]",
                                  "1",
                                  "2.5",
                                  "0x1",
                                  "'x'",
                                  "\"y\"",
                                  "true",
                                  "null",
                                  "undefined",
                                  "@p",
                                  "*",
                                  "c.*",
                                  "+",
                                  "-",
                                  "/",
                                  "%",
                                  "=",
                                  "!=",
                                  "<",
                                  ">=",
                                  "|",
                                  "&",
                                  "^",
                                  "~",
                                  "<<",
                                  ">>>",
                                  "||",
                                  "??",
                                  "?",
                                  ":",
                                  ",",
                                  ".",
                                  "(",
                                  ")",
                                  "[",
                                  "]",
                                  "{",
                                  "}",
                                  "COUNT(",
                                  "SUM(",
                                  "MAX(",
                                  "LENGTH(",
                                  "CONCAT(",
                                  "ARRAY_LENGTH(",
                                  "DateTimeAdd(",
                                  "REGEXMATCH(",
                                  "{a: 1}",
                                  "[1, 2]",
                                  "-- x\n",
                                  "udf.f("};

constexpr const char* kQueries[] = {
    "SELECT c.id, t.n AS name FROM c JOIN t IN c.tags WHERE t.v > 1 AND c.s LIKE 't%' ESCAPE '!'",
    "SELECT VALUE ARRAY(SELECT VALUE {a: t.n, 'b': [t.v, \"\\u00e9\"]} FROM t IN c.tags) FROM c",
    "SELECT TOP 3 t.n, COUNT(1) AS k, AVG(t.v) FROM t IN c.tags GROUP BY t.n",
    "SELECT DISTINCT VALUE (c.n ?? 1) + 2 * -3 % 4 FROM c WHERE EXISTS(SELECT VALUE x FROM x IN "
    "c.o)",
    "SELECT VALUE c.n BETWEEN 1 AND 9 ? IIF(c.t, 1, 2) : [1, {}][0] FROM c OFFSET 0 LIMIT 5"};

// Neither crashes nor hangs; gives rows or says what is wrong.
void Survives(const std::string& query) {
  const std::string rows = RowsOf(query, kItem, {{"@p", Value::Number(1)}});
  ASSERT_FALSE(rows.empty()) << query;
}

TEST(SqlFuzz, RandomWords) {
  for (int i = 0; i < kRandomQueries; ++i) {
    const auto number = static_cast<uint64_t>(i);
    const uint64_t length = 1 + Draw(kSeed, number * 64) % 24;
    std::string query = i % 2 == 0 ? "SELECT VALUE " : "";
    for (uint64_t word = 1; word <= length; ++word) {
      query += kWords[Draw(kSeed, number * 64 + word) % std::size(kWords)];
      query += ' ';
    }
    if (i % 2 == 0) query += " FROM c";
    Survives(query);
  }
}

TEST(SqlFuzz, Truncations) {
  for (const std::string query : kQueries) {
    for (size_t size = 0; size <= query.size(); ++size) Survives(query.substr(0, size));
    for (size_t start = 0; start < query.size(); ++start) Survives(query.substr(start));
  }
}

TEST(SqlFuzz, ChangedBytes) {
  for (const std::string query : kQueries) {
    for (uint64_t i = 0; i < 2'000; ++i) {
      std::string changed = query;
      const uint64_t drawn = Draw(kSeed + 1, i);
      changed[drawn % query.size()] = static_cast<char>(drawn >> 32);
      Survives(changed);
    }
  }
}

}  // namespace
}  // namespace weir::cosmos::emulator::sql
