#include "integrity/read_back.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"

#include "tests/integrity/finished_run.h"
#include "tests/integrity/table_backend.h"

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The load is acknowledged but for its last batch, whose answer was lost; nothing else was written.
class ReadBackTest : public ::testing::Test, protected FinishedRun {
 protected:
  ReadBackTest() : table_(*dataset) {
    Tell(v1::PHASE_LOAD, 0, {0, 1, 2}, {3});
    for (uint64_t index = 0; index < 30; ++index) table_.rows.emplace(index, 0);
  }

  ReplayedLedger Ledger() const { return *Replay(); }
  ReadBackReport All() {
    ReplayedLedger ledger = Ledger();
    const auto report = ReadAllBack(table_, *dataset, &ledger);
    EXPECT_TRUE(report.ok()) << report.status();
    return *report;
  }
  ReadBackReport Sample(uint64_t reads, uint64_t seed = 1) {
    const auto report = ReadSampleBack(table_, *dataset, Ledger(), reads, seed);
    EXPECT_TRUE(report.ok()) << report.status();
    return *report;
  }
  std::string IdOf(uint64_t index) const {
    Record record;
    dataset->Make(index, 0, &record);
    return std::string(record[dataset->schema().id_field].text());
  }

  TableBackend table_;
};

TEST_F(ReadBackTest, AWholeTableIsWholeWithAndWithoutTheDoubtfulRecords) {
  const ReadBackReport without = All();
  EXPECT_TRUE(without.whole());
  EXPECT_EQ(without.required, 30u);
  EXPECT_EQ(without.uncertain, 10u);
  EXPECT_EQ(without.read, 30u);
  for (uint64_t index = 30; index < 40; ++index) table_.rows.emplace(index, 0);
  EXPECT_TRUE(All().whole());
}

TEST_F(ReadBackTest, NamesEachDifferenceByItsKindAndRecord) {
  table_.rows.erase(4);        // lost
  table_.rows.emplace(11, 0);  // twice
  table_.rows.erase(17);
  table_.rows.emplace(17, 5);  // another revision than was written
  table_.rows.emplace(40, 0);  // of this dataset, never written
  table_.strangers.push_back("theirs");
  const ReadBackReport report = All();
  EXPECT_FALSE(report.whole());
  EXPECT_THAT(report.missing.shown, ElementsAre(absl::StrCat("id ", IdOf(4), " (record 4)")));
  EXPECT_THAT(report.duplicate.shown, ElementsAre(absl::StrCat("id ", IdOf(11), " (record 11)")));
  EXPECT_THAT(report.altered.shown,
              ElementsAre(HasSubstr(absl::StrCat(IdOf(17), " (record 17): "))));
  EXPECT_THAT(report.unexpected.shown, ElementsAre(absl::StrCat("id ", IdOf(40)), "id theirs"));
}

TEST_F(ReadBackTest, NamesTheFieldThatDiffers) {
  table_.spoiled_field = "message";
  const ReadBackReport report = All();
  EXPECT_EQ(report.altered.total, 30u);
  EXPECT_EQ(report.altered.shown.size(), Difference::kShown);
  EXPECT_THAT(report.altered.shown[0],
              AllOf(HasSubstr("(record "), testing::EndsWith("): message")));
}

// In a table that a run found there may be records of this dataset that others put in.
TEST_F(ReadBackTest, ATableThatTheRunDidNotMakeMayHoldMoreOfTheDataset) {
  run.mutable_legs(0)->clear_conditions();
  table_.rows.emplace(40, 0);
  EXPECT_TRUE(All().whole());
  table_.strangers.push_back("theirs");
  EXPECT_EQ(All().unexpected.total, 1u);
}

TEST_F(ReadBackTest, ASampleOfAllFindsEachLossByItsIdAndByTheCount) {
  EXPECT_TRUE(Sample(kSampledReads).whole());
  EXPECT_EQ(Sample(kSampledReads).sampled, 30u);
  table_.rows.erase(4);
  const ReadBackReport report = Sample(kSampledReads);
  EXPECT_THAT(report.missing.shown,
              ElementsAre(absl::StrCat("id ", IdOf(4), " (record 4)"), HasSubstr("1 records by")));
}

TEST_F(ReadBackTest, ASampleIsDrawnByTheSeedEachRecordOnce) {
  table_.rows.clear();
  const ReadBackReport first = Sample(10, 1);
  EXPECT_EQ(first.sampled, 10u);
  EXPECT_EQ(first.missing.total, 11u) << "each of ten, and the count";
  EXPECT_EQ(Sample(10, 1).missing.shown, first.missing.shown);
  EXPECT_NE(Sample(10, 2).missing.shown, first.missing.shown);
  const std::set<std::string> once(first.missing.shown.begin(), first.missing.shown.end());
  EXPECT_EQ(once.size(), first.missing.shown.size());
}

TEST_F(ReadBackTest, ASampleTellsByTheCountThatThereIsTooMuch) {
  for (uint64_t index = 30; index < 41; ++index) table_.rows.emplace(index, 0);
  EXPECT_THAT(Sample(5).unexpected.shown, ElementsAre(HasSubstr("1 records by the count")));
}

}  // namespace
}  // namespace weir
