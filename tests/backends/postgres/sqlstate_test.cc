#include "backends/postgres/sqlstate.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

void ExpectMeaning(std::string_view code, Verdict verdict, bool retryable) {
  EXPECT_EQ(MeaningOfSqlState(code).verdict, verdict) << code;
  EXPECT_EQ(MeaningOfSqlState(code).retryable, retryable) << code;
}

TEST(SqlState, SaysWhatAnOperationCameTo) {
  ExpectMeaning("23505", Verdict::kConflict, false);
  ExpectMeaning("23502", Verdict::kFailed, false);
  for (const char* code : {"40001", "40P01", "55P03", "53300", "57014", "25006"}) {
    ExpectMeaning(code, Verdict::kFailed, true);
  }
  for (const char* code : {"57P01", "57P02", "08006", "40003"}) {
    ExpectMeaning(code, Verdict::kInDoubt, true);
  }
  for (const char* code : {"42P01", "53100", "22P02", "XX000", ""}) {
    ExpectMeaning(code, Verdict::kFailed, false);
  }
}

TEST(SqlState, SaysWhyAConnectionWasRefused) {
  EXPECT_EQ(StatusCodeOfSqlState(""), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusCodeOfSqlState("28P01"), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(StatusCodeOfSqlState("28000"), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(StatusCodeOfSqlState("3D000"), absl::StatusCode::kNotFound);
  EXPECT_EQ(StatusCodeOfSqlState("42P01"), absl::StatusCode::kNotFound);
  EXPECT_EQ(StatusCodeOfSqlState("42703"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(StatusCodeOfSqlState("42501"), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(StatusCodeOfSqlState("53300"), absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusCodeOfSqlState("57P03"), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace weir
