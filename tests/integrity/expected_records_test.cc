#include "integrity/expected_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Operation Write(OperationKind kind, uint64_t first, uint32_t records = 1, uint64_t revision = 0) {
  Operation operation;
  operation.kind = kind;
  operation.first_record = first;
  operation.records = records;
  operation.revision = revision;
  return operation;
}

class ExpectedRecordsTest : public ::testing::Test {
 protected:
  void Certain(OperationKind kind, uint64_t first, uint32_t records = 1, uint64_t revision = 0) {
    expected_.Apply(Write(kind, first, records, revision), true);
  }
  void Perhaps(OperationKind kind, uint64_t first, uint32_t records = 1, uint64_t revision = 0) {
    expected_.Apply(Write(kind, first, records, revision), false);
  }
  Presence Of(uint64_t index) {
    expected_.Close();
    return expected_.PresenceOf(index);
  }
  std::vector<uint64_t> Missing() const {
    std::vector<uint64_t> missing;
    expected_.ForEachMissing([&](uint64_t index) { missing.push_back(index); });
    return missing;
  }

  ExpectedRecords expected_;
};

TEST_F(ExpectedRecordsTest, WhatNobodyWroteMustNotBeThere) {
  EXPECT_EQ(Of(0), Presence::kMustNot);
  EXPECT_EQ(Of(UINT64_MAX), Presence::kMustNot);
  Certain(OperationKind::kRead, 3);
  Certain(OperationKind::kReplace, 4, 1, 9);
  Certain(OperationKind::kDelete, 5);
  EXPECT_EQ(Of(3), Presence::kMustNot) << "read";
  EXPECT_EQ(Of(4), Presence::kMustNot) << "a replace makes no record";
  EXPECT_EQ(Of(5), Presence::kMustNot);
}

TEST_F(ExpectedRecordsTest, AnAcknowledgedInsertMustAndADoubtfulOneMayBeThere) {
  Certain(OperationKind::kInsert, 10, 3);
  Perhaps(OperationKind::kInsert, 13, 2);
  for (const uint64_t index : {10, 11, 12}) EXPECT_EQ(Of(index), Presence::kMust) << index;
  for (const uint64_t index : {13, 14}) EXPECT_EQ(Of(index), Presence::kMay) << index;
  EXPECT_EQ(Of(15), Presence::kMustNot);
  EXPECT_EQ(expected_.required(), 3u);
  EXPECT_EQ(expected_.possible(), 5u);
}

TEST_F(ExpectedRecordsTest, ADeleteCountsAsMuchAsItIsCertain) {
  Certain(OperationKind::kInsert, 0, 3);
  Certain(OperationKind::kDelete, 0);
  Perhaps(OperationKind::kDelete, 1);
  EXPECT_EQ(Of(0), Presence::kMustNot);
  EXPECT_EQ(Of(1), Presence::kMay);
  EXPECT_EQ(Of(2), Presence::kMust);
}

// Operations overlap: of a delete and an upsert nobody knows which came last.
TEST_F(ExpectedRecordsTest, AnUpsertBesideADeleteLeavesBothOpen) {
  Certain(OperationKind::kUpsert, 7, 1, 4);
  EXPECT_EQ(Of(7), Presence::kMust);
  Certain(OperationKind::kDelete, 7);
  EXPECT_EQ(Of(7), Presence::kMay);
  Certain(OperationKind::kInsert, 8);
  Certain(OperationKind::kReplace, 8, 1, 2);
  Certain(OperationKind::kDelete, 8);
  EXPECT_EQ(Of(8), Presence::kMustNot) << "a replace does not bring it back";
}

TEST_F(ExpectedRecordsTest, RevisionsAreThoseThatMayHaveBeenLast) {
  Certain(OperationKind::kInsert, 1);
  Certain(OperationKind::kInsert, 2);
  Perhaps(OperationKind::kReplace, 2, 1, 5);
  Certain(OperationKind::kInsert, 3);
  Certain(OperationKind::kReplace, 3, 1, 6);
  Perhaps(OperationKind::kReplace, 3, 1, 8);
  expected_.Close();
  EXPECT_THAT(expected_.RevisionsOf(1), ElementsAre(0));
  EXPECT_THAT(expected_.RevisionsOf(2), ElementsAre(0, 5)) << "the doubtful one may have failed";
  EXPECT_THAT(expected_.RevisionsOf(3), ElementsAre(8, 6))
      << "the first is overwritten for certain";
}

TEST_F(ExpectedRecordsTest, MissingIsWhatMustBeThereAndWasNotSeen) {
  Certain(OperationKind::kInsert, 0, 4);
  Perhaps(OperationKind::kInsert, 4);
  Certain(OperationKind::kDelete, 3);
  expected_.Close();
  EXPECT_TRUE(expected_.See(1));
  EXPECT_FALSE(expected_.See(1)) << "twice";
  EXPECT_THAT(Missing(), ElementsAre(0, 2));
}

// Records lie in pieces of 65,536: on both sides of their borders, and far away.
TEST_F(ExpectedRecordsTest, PiecesJoin) {
  const uint64_t border = uint64_t{1} << 16;
  Certain(OperationKind::kInsert, border - 2, 4);
  Certain(OperationKind::kInsert, border * 1'000'000);
  for (uint64_t i = border - 2; i < border + 2; ++i) EXPECT_EQ(Of(i), Presence::kMust) << i;
  EXPECT_EQ(Of(border - 3), Presence::kMustNot);
  EXPECT_EQ(Of(border + 2), Presence::kMustNot);
  EXPECT_EQ(expected_.required(), 5u);
  std::vector<uint64_t> required;
  expected_.ForEachRequired([&](uint64_t index) { required.push_back(index); });
  EXPECT_THAT(required,
              ElementsAre(border - 2, border - 1, border, border + 1, border * 1'000'000));
}

TEST_F(ExpectedRecordsTest, ResetForgetsWhatATableMadeAnewLost) {
  Certain(OperationKind::kInsert, 0, 4);
  Certain(OperationKind::kReplace, 0, 1, 3);
  expected_.Reset();
  Certain(OperationKind::kInsert, 0);
  expected_.Close();
  EXPECT_EQ(expected_.required(), 1u);
  EXPECT_THAT(expected_.RevisionsOf(0), ElementsAre(0));
  expected_.See(0);
  EXPECT_THAT(Missing(), IsEmpty());
}

}  // namespace
}  // namespace weir
