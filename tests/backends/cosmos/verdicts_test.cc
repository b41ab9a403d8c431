#include "backends/cosmos/verdicts.h"

#include <gtest/gtest.h>

namespace weir::cosmos {
namespace {

struct Case {
  OperationKind kind;
  int status;
  int substatus;
  const char* message;
  Verdict verdict;
  bool retryable;
};

TEST(Judge, MapsStatusAndSubstatus) {
  using enum OperationKind;
  const Case cases[] = {
      {kInsert, 201, 0, "", Verdict::kOk, false},
      {kDelete, 204, 0, "", Verdict::kOk, false},
      {kRead, 304, 0, "", Verdict::kOk, false},
      {kRead, 404, 0, "Entity with the specified id does not exist", Verdict::kNotFound, false},
      {kRead, 404, 1002, "", Verdict::kFailed, true},
      {kRead, 404, 1003, "", Verdict::kFailed, false},
      {kRead, 404, 0, "Owner resource does not exist", Verdict::kFailed, false},
      {kInsert, 404, 0, "Resource Not Found", Verdict::kFailed, false},
      {kQuery, 404, 0, "Resource Not Found", Verdict::kFailed, false},
      {kInsert, 409, 0, "", Verdict::kConflict, false},
      {kReplace, 412, 0, "", Verdict::kConflict, false},
      {kRead, 429, 3200, "", Verdict::kThrottled, true},
      {kRead, 408, 0, "", Verdict::kFailed, true},
      {kInsert, 449, 0, "", Verdict::kFailed, true},
      {kInsert, 503, 0, "", Verdict::kInDoubt, true},
      {kInsert, 410, 1002, "", Verdict::kFailed, true},
      {kInsert, 401, 0, "", Verdict::kFailed, false},
      {kInsert, 403, 0, "", Verdict::kFailed, false},
      {kInsert, 413, 0, "", Verdict::kFailed, false},
      {kInsert, 500, 0, "", Verdict::kFailed, false},
  };
  for (const Case& c : cases) {
    const Judgement judgement = Judge(c.kind, c.status, c.substatus, c.message);
    EXPECT_EQ(judgement.verdict, c.verdict) << c.status << "/" << c.substatus;
    EXPECT_EQ(judgement.retryable, c.retryable) << c.status << "/" << c.substatus;
    EXPECT_EQ(judgement.trouble, c.status == 410 ? Trouble::kRangesStale : Trouble::kNone);
  }
}

TEST(OutcomeSum, ThrottlingWeighsMostAndTheLongestWaitStands) {
  OutcomeSum sum;
  sum.Note({Verdict::kConflict, false}, "there", 0);
  sum.Note({Verdict::kThrottled, true}, "slow down", 20);
  sum.Note({Verdict::kThrottled, true}, "again", 10);
  sum.Note({Verdict::kFailed, true}, "busy", 0);
  EXPECT_EQ(sum.outcome().verdict, Verdict::kThrottled);
  EXPECT_TRUE(sum.outcome().retryable);
  EXPECT_EQ(sum.outcome().retry_after_ns, 20);
  EXPECT_EQ(sum.detail(), "slow down");
}

TEST(OutcomeSum, ARetryableFailureHidesAFinalOneUntilItIsGone) {
  OutcomeSum sum;
  sum.Note({Verdict::kFailed, false}, "too large", 0);
  EXPECT_FALSE(sum.outcome().retryable);
  sum.Note({Verdict::kFailed, true}, "busy", 0);
  EXPECT_TRUE(sum.outcome().retryable);
}

TEST(OutcomeSum, AddsTrafficAndKeepsTheWorstTrouble) {
  OutcomeSum sum;
  sum.AddTraffic(10, 100);
  sum.AddRequest(0, 1'500, 0);
  sum.AddTraffic(1, 2);
  sum.AddRequest(0, 380, 0);
  sum.Note({Verdict::kInDoubt, true, Trouble::kConnectionLost}, "gone", 0);
  sum.Note({Verdict::kFailed, true, Trouble::kRangesStale}, "moved", 0);
  EXPECT_EQ(sum.outcome().bytes_sent, 11u);
  EXPECT_EQ(sum.outcome().bytes_received, 102u);
  EXPECT_EQ(sum.outcome().charge, 1'880);
  EXPECT_EQ(sum.trouble(), Trouble::kConnectionLost);
  EXPECT_EQ(sum.outcome().verdict, Verdict::kInDoubt);
}

TEST(OutcomeSum, TellsWhatEachPartitionHad) {
  OutcomeSum sum;
  sum.AddRequest(3, 1'000, 40);
  sum.AddRequest(7, 2'000, 50);
  sum.AddRequest(3, 500, 30);
  sum.AddThrottledPart(3, 380);
  const Outcome outcome = sum.Conclude();
  EXPECT_EQ(outcome.partition, -1);
  EXPECT_EQ(outcome.server_time_ns, 70);  // partition 3, one after the other
  EXPECT_EQ(outcome.charge, 3'500);
  ASSERT_EQ(outcome.parts.size(), 2u);
  EXPECT_EQ(outcome.parts[0].partition, 3);
  EXPECT_EQ(outcome.parts[0].requests, 2u);
  EXPECT_EQ(outcome.parts[0].throttled, 1u);
  EXPECT_EQ(outcome.parts[0].charge, 1'500);
  EXPECT_EQ(outcome.parts[1].partition, 7);
  EXPECT_EQ(outcome.parts[1].requests, 1u);
  EXPECT_EQ(outcome.parts[1].throttled, 0u);
}

TEST(OutcomeSum, CutsLongWordsBetweenCharacters) {
  std::string words = "x";
  for (int i = 0; i < 200; ++i) words += "é";
  OutcomeSum sum;
  sum.Note({Verdict::kFailed, false}, words, 0);
  EXPECT_EQ(sum.detail(), words.substr(0, 199));
}

TEST(OutcomeSum, CutsLongWords) {
  OutcomeSum sum;
  sum.Note({Verdict::kFailed, false}, std::string(1000, 'x'), 0);
  EXPECT_EQ(sum.detail().size(), 200u);
}

}  // namespace
}  // namespace weir::cosmos
