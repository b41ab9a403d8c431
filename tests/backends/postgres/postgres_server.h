// The throwaway server of this test program, and SQL sent to it behind the backend's back.
#pragma once

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <stdlib.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "backends/postgres/postgres_backend.h"
#include "base/check.h"
#include "tests/support/throwaway_postgres.h"

namespace weir {

inline constexpr const char* kServerPassword = "correct horse";

inline ThrowawayPostgres& Server() {
  static ThrowawayPostgres server(kServerPassword);
  return server;
}

inline v1::PostgresTarget ServerTarget() {
  setenv("WEIR_TEST_PASSWORD", kServerPassword, 1);
  v1::PostgresTarget target;
  target.set_host("127.0.0.1");
  target.set_port(Server().port());
  target.set_user("postgres");
  target.set_database("postgres");
  target.mutable_password()->set_env("WEIR_TEST_PASSWORD");
  target.set_table("weir_records");
  target.set_prepared(true);
  target.set_pipeline_depth(1);
  target.mutable_connect_timeout()->set_ns(5'000'000'000);
  return target;
}

// A connection of the test's own.
class Sql {
 public:
  Sql()
      : connection_(PQconnectdb(absl::StrCat("host=127.0.0.1 dbname=postgres user=postgres port=",
                                             Server().port(), " password='", kServerPassword, "'")
                                    .c_str())) {
    WEIR_CHECK(PQstatus(connection_) == CONNECTION_OK);
    PQsetNoticeProcessor(
        connection_, [](void*, const char*) {}, nullptr);
  }
  ~Sql() { PQfinish(connection_); }
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;

  // All rows as text; parameters as text.
  std::vector<std::vector<std::string>> Rows(const std::string& query,
                                             const std::vector<const char*>& parameters) {
    PGresult* result = PQexecParams(connection_, query.c_str(), static_cast<int>(parameters.size()),
                                    nullptr, parameters.data(), nullptr, nullptr, 0);
    EXPECT_EQ(PQresultStatus(result), PGRES_TUPLES_OK) << PQresultErrorMessage(result);
    std::vector<std::vector<std::string>> rows(PQntuples(result));
    for (int row = 0; row < PQntuples(result); ++row) {
      for (int column = 0; column < PQnfields(result); ++column) {
        rows[row].emplace_back(PQgetvalue(result, row, column));
      }
    }
    PQclear(result);
    return rows;
  }

  // The first value of the first row, or nothing.
  std::string operator()(const std::string& statement) {
    PGresult* result = PQexec(connection_, statement.c_str());
    const ExecStatusType status = PQresultStatus(result);
    EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        << statement << ": " << PQresultErrorMessage(result);
    std::string value = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    return value;
  }

 private:
  PGconn* connection_;
};

}  // namespace weir
