// Ready campaigns that are too large for a test, run small.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <pqxx/pqxx>
#include <string>

#include "absl/strings/str_cat.h"

#include "coordinator/cli/exit_code.h"
#include "reports/results_store.h"
#include "tests/support/program.h"
#include "tests/support/throwaway_postgres.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(ReadyCampaign, FiftyMillionRecordsIntoPostgresAreReadBackAndKeyedAfterwards) {
  const ThrowawayPostgres postgres;
  const std::string folder = absl::StrCat(testing::TempDir(), "/weir-ready-", getpid());
  const ProgramEnd end =
      RunProgram({WEIR_PROGRAM, "--store", folder + "/results.db", "run",
                  "campaigns/fifty-million-postgres.yaml", "--agents", "3", "--out", folder,
                  "--override-gates", "--set", "dataset.records=60000", "--set",
                  "scenarios.load.phases.load.batch=5000", "--set",
                  absl::StrCat("targets.postgres.postgres.port=", postgres.port())},
                 {}, 90s);
  ASSERT_EQ(end.code, kExitValid) << end.output;
  auto store = OpenResultsStore(folder + "/results.db");
  ASSERT_TRUE(store.ok()) << store.status();
  const auto run = (*store)->LoadRun("latest");
  ASSERT_TRUE(run.ok()) << run.status();
  ASSERT_EQ(run->legs_size(), 1);
  EXPECT_TRUE(run->legs(0).verification().matches());
  EXPECT_EQ(run->legs(0).verification().records_found(), 60'000u);
  pqxx::connection connection(
      absl::StrCat("host=127.0.0.1 user=postgres dbname=postgres port=", postgres.port()));
  pqxx::work work(connection);
  EXPECT_TRUE(work.exec1("SELECT EXISTS (SELECT FROM pg_index WHERE indrelid = "
                         "'weir_records'::regclass AND indisprimary)")[0]
                  .as<bool>());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weir
