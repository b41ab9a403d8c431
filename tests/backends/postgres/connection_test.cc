#include "backends/postgres/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::PostgresTarget Target() {
  v1::PostgresTarget target;
  target.set_host("db.example");
  target.set_port(6000);
  target.set_user("o'hara");
  target.set_database("logs");
  target.set_tls(v1::TLS_MODE_VERIFY_FULL);
  return target;
}

TEST(ConnectionOptions, QuoteWhatNeedsQuoting) {
  setenv("WEIR_TEST_PASSWORD", "a'b\\c d", 1);
  v1::PostgresTarget target = Target();
  target.mutable_password()->set_env("WEIR_TEST_PASSWORD");
  const auto options = MakeConnectionOptions(target);
  ASSERT_TRUE(options.ok()) << options.status();
  const std::string text = options->ToConnectionString();
  EXPECT_THAT(text, HasSubstr("password='a\\'b\\\\c d'"));
  EXPECT_THAT(text, HasSubstr("user='o\\'hara'"));
  EXPECT_THAT(text, HasSubstr("sslmode='verify-full'"));
  EXPECT_THAT(text, HasSubstr("application_name='weir'"));
  PQconninfoOption* parsed = PQconninfoParse(text.c_str(), nullptr);
  ASSERT_NE(parsed, nullptr);
  PQconninfoFree(parsed);
}

TEST(ConnectionOptions, NameThePlaceWithoutThePassword) {
  setenv("WEIR_TEST_PASSWORD", "hunter2", 1);
  v1::PostgresTarget target = Target();
  target.mutable_password()->set_env("WEIR_TEST_PASSWORD");
  const auto options = MakeConnectionOptions(target);
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->place, "db.example:6000, user o'hara, database logs");
  EXPECT_THAT(options->place, Not(HasSubstr("hunter2")));
}

TEST(ConnectionOptions, MissingSecretIsInvalid) {
  v1::PostgresTarget target = Target();
  target.mutable_password()->set_env("WEIR_TEST_NO_SUCH_VARIABLE");
  const absl::Status status = MakeConnectionOptions(target).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("WEIR_TEST_NO_SUCH_VARIABLE"));
}

TEST(FirstLineOfAMessage, DropsPreambleAndTheRest) {
  EXPECT_EQ(FirstLine("connection to server at \"::1\", port 5432 failed: Connection refused\n"
                      "\tIs the server running?\n"),
            "Connection refused");
  EXPECT_EQ(FirstLine("something else failed: truly"), "something else failed: truly");
  EXPECT_EQ(FirstLine(""), "");
}

}  // namespace
}  // namespace weir
