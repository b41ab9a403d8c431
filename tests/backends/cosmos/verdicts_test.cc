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
      {kInsert, 503, 0, "", Verdict::kFailed, true},
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
  sum.AddTraffic(10, 100, 1'500);
  sum.AddTraffic(1, 2, 380);
  sum.Note({Verdict::kInDoubt, true, Trouble::kConnectionLost}, "gone", 0);
  sum.Note({Verdict::kFailed, true, Trouble::kRangesStale}, "moved", 0);
  EXPECT_EQ(sum.outcome().bytes_sent, 11u);
  EXPECT_EQ(sum.outcome().bytes_received, 102u);
  EXPECT_EQ(sum.outcome().charge, 1'880);
  EXPECT_EQ(sum.trouble(), Trouble::kConnectionLost);
  EXPECT_EQ(sum.outcome().verdict, Verdict::kInDoubt);
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
