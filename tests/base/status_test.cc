#include "base/status.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

absl::StatusOr<std::unique_ptr<int>> Seven(bool available) {
  if (!available) return absl::UnavailableError("no seven");
  return std::make_unique<int>(7);
}

absl::StatusOr<int> Doubled(bool available) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<int> seven, Seven(available));
  return 2 * *seven;
}

absl::Status Check(bool available) {
  WEIR_RETURN_IF_ERROR(Doubled(available).status());
  return absl::AlreadyExistsError("went on");
}

TEST(Status, AnnotateKeepsTheCodeAndPutsTheContextFirst) {
  const absl::Status status = Annotate(absl::NotFoundError("no table"), "opening session 3");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "opening session 3: no table");
}

TEST(Status, AnnotateLeavesSuccessAlone) { EXPECT_TRUE(Annotate(absl::OkStatus(), "x").ok()); }

TEST(Status, AssignOrReturnTakesTheValueOrReturnsTheError) {
  EXPECT_EQ(Doubled(true).value(), 14);
  EXPECT_EQ(Doubled(false).status(), absl::UnavailableError("no seven"));
}

TEST(Status, ReturnIfErrorReturnsOnlyErrors) {
  EXPECT_EQ(Check(false), absl::UnavailableError("no seven"));
  EXPECT_EQ(Check(true), absl::AlreadyExistsError("went on"));
}

}  // namespace
}  // namespace weir
