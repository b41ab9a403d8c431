#include "backends/postgres/counters.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

const CounterView kPlain{"pg_stat_wal", "", false};
const CounterView kLabelled{"pg_stat_io", "", true};

TEST(Counters, TellsTheIncreaseInTheViewsOrderWithUnits) {
  ObservedFacts facts;
  AddIncrease(kPlain, {{{"wal_records", 3}, {"wal_bytes", 100}, {"wal_sync_time", 1.5}}, "then"},
              {{{"wal_records", 3}, {"wal_bytes", 350}, {"wal_sync_time", 4}}, "then"}, &facts);
  ASSERT_EQ(facts.counters.size(), 3u);
  EXPECT_EQ(facts.counters[0].name, "wal_records");
  EXPECT_EQ(facts.counters[0].value, 0);
  EXPECT_EQ(facts.counters[0].unit, "");
  EXPECT_EQ(facts.counters[1].group, "pg_stat_wal");
  EXPECT_EQ(facts.counters[1].value, 250);
  EXPECT_EQ(facts.counters[1].unit, "bytes");
  EXPECT_EQ(facts.counters[2].value, 2.5);
  EXPECT_EQ(facts.counters[2].unit, "ms");
  EXPECT_TRUE(facts.gaps.empty());
}

TEST(Counters, OfManyRowsOnlyWhatChangedIsTold) {
  ObservedFacts facts;
  AddIncrease(kLabelled, {{{"a: reads", 1}, {"b: reads", 1}}, ""},
              {{{"a: reads", 1}, {"b: reads", 5}, {"c: reads", 9}}, ""}, &facts);
  ASSERT_EQ(facts.counters.size(), 1u);
  EXPECT_EQ(facts.counters[0].name, "b: reads");
  EXPECT_EQ(facts.counters[0].value, 4);
}

TEST(Counters, CountersThatWereSetBackAreAGap) {
  ObservedFacts facts;
  AddIncrease(kPlain, {{{"wal_bytes", 100}}, "then"}, {{{"wal_bytes", 5}}, "now"}, &facts);
  EXPECT_TRUE(facts.counters.empty());
  ASSERT_EQ(facts.gaps.size(), 1u);
}

}  // namespace
}  // namespace weir
