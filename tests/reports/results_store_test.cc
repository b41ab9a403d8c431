#include "reports/results_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

v1::RunResult MakeRun(const std::string& id, int64_t started) {
  v1::RunResult run;
  run.set_id(id);
  run.mutable_campaign()->set_name("quickstart");
  run.set_started_unix_ns(started);
  run.add_legs()->set_target("postgres");
  return run;
}

v1::Interval MakeInterval(uint32_t second, v1::Phase phase = v1::PHASE_MEASURE) {
  v1::Interval interval;
  interval.set_second(second);
  interval.add_operations()->mutable_tally()->set_ok(second + 1);
  interval.mutable_operations(0)->set_phase(phase);
  return interval;
}

class ResultsStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<ResultsStore> Open() {
    auto store = OpenResultsStore(path_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  // second of each interval, stage × 1000 added.
  std::vector<int> Seconds(const ResultsStore& store, const std::string& run, uint32_t leg) {
    std::vector<int> seconds;
    EXPECT_TRUE(store
                    .ForEachInterval(run, leg,
                                     [&](v1::Phase stage, const v1::Interval& interval) {
                                       seconds.push_back(static_cast<int>(stage) * 1000 +
                                                         static_cast<int>(interval.second()));
                                       return absl::OkStatus();
                                     })
                    .ok());
    return seconds;
  }

  test::TemporaryFolder folder_;
  const std::string path_ = folder_.File("some/folder/results.db");
};

TEST_F(ResultsStoreTest, KeepsARunAcrossReopening) {
  const v1::RunResult run = MakeRun("20261121T021500-quickstart-4f2a", 5);
  ASSERT_TRUE(Open()->SaveRun(run).ok());
  const auto loaded = Open()->LoadRun(run.id());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->SerializeAsString(), run.SerializeAsString());
}

TEST_F(ResultsStoreTest, SavingAgainReplacesTheRunAndKeepsItsIntervals) {
  const auto store = Open();
  v1::RunResult run = MakeRun("a", 5);
  ASSERT_TRUE(store->SaveRun(run).ok());
  ASSERT_TRUE(store->AppendInterval("a", 0, v1::PHASE_MEASURE, MakeInterval(0)).ok());
  run.set_state(v1::RUN_STATE_FINISHED);
  ASSERT_TRUE(store->SaveRun(run).ok());
  EXPECT_EQ(store->LoadRun("a")->state(), v1::RUN_STATE_FINISHED);
  EXPECT_THAT(Seconds(*store, "a", 0), ElementsAre(3000));
}

TEST_F(ResultsStoreTest, ListsNewestFirst) {
  const auto store = Open();
  ASSERT_TRUE(store->SaveRun(MakeRun("old", 5)).ok());
  ASSERT_TRUE(store->SaveRun(MakeRun("new", 7)).ok());
  ASSERT_TRUE(store->SaveRun(MakeRun("middle", 6)).ok());
  const auto runs = store->ListRuns();
  ASSERT_TRUE(runs.ok());
  std::vector<std::string> ids;
  for (const RunSummary& run : *runs) ids.push_back(run.id);
  EXPECT_THAT(ids, ElementsAre("new", "middle", "old"));
  EXPECT_EQ((*runs)[0].campaign, "quickstart");
  EXPECT_EQ((*runs)[0].legs, 1u);
}

TEST_F(ResultsStoreTest, FindsRunsByPrefixAndLatest) {
  const auto store = Open();
  ASSERT_TRUE(store->SaveRun(MakeRun("2026-a", 5)).ok());
  ASSERT_TRUE(store->SaveRun(MakeRun("2026-ab", 4)).ok());
  ASSERT_TRUE(store->SaveRun(MakeRun("2027", 3)).ok());
  EXPECT_EQ(store->LoadRun("2027")->id(), "2027");
  EXPECT_EQ(store->LoadRun("latest")->id(), "2026-a");
  EXPECT_EQ(store->LoadRun("2026-a")->id(), "2026-a") << "a whole id wins over longer ones";
  EXPECT_THAT(std::string(store->LoadRun("202").status().message()),
              HasSubstr("fits several runs: 2026-a, 2026-ab, 2027"));
  EXPECT_THAT(std::string(store->LoadRun("2028").status().message()), HasSubstr("no run \"2028\""));
}

TEST_F(ResultsStoreTest, AnEmptyStoreHasNoLatestRun) {
  EXPECT_EQ(Open()->LoadRun("latest").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ResultsStoreTest, VisitsIntervalsInOrderOfStageAndSecond) {
  const auto store = Open();
  ASSERT_TRUE(store->SaveRun(MakeRun("a", 5)).ok());
  for (const uint32_t second : {2, 0, 10, 1}) {
    ASSERT_TRUE(store->AppendInterval("a", 0, v1::PHASE_MEASURE, MakeInterval(second)).ok());
  }
  ASSERT_TRUE(store->AppendInterval("a", 0, v1::PHASE_LOAD, MakeInterval(3, v1::PHASE_LOAD)).ok());
  ASSERT_TRUE(store->AppendInterval("a", 1, v1::PHASE_LOAD, MakeInterval(4, v1::PHASE_LOAD)).ok());
  EXPECT_THAT(Seconds(*store, "a", 0), ElementsAre(1003, 3000, 3001, 3002, 3010));
  EXPECT_THAT(Seconds(*store, "a", 1), ElementsAre(1004));
}

TEST_F(ResultsStoreTest, ReplacesTheEndOfAStageTogetherWithTheRunOrNothing) {
  const auto store = Open();
  v1::RunResult run = MakeRun("a", 5);
  ASSERT_TRUE(store->SaveRun(run).ok());
  for (uint32_t second = 0; second < 4; ++second) {
    ASSERT_TRUE(store->AppendInterval("a", 0, v1::PHASE_MEASURE, MakeInterval(second)).ok());
    ASSERT_TRUE(
        store->AppendInterval("a", 0, v1::PHASE_LOAD, MakeInterval(second, v1::PHASE_LOAD)).ok());
  }
  run.set_state(v1::RUN_STATE_ABORTED);
  const std::vector<v1::Interval> end = {MakeInterval(2), MakeInterval(7)};
  ASSERT_TRUE(store->ReplaceFrom(2, run, 0, v1::PHASE_MEASURE, end).ok());
  EXPECT_THAT(Seconds(*store, "a", 0), ElementsAre(1000, 1001, 1002, 1003, 3000, 3001, 3002, 3007));
  EXPECT_EQ(store->LoadRun("a")->state(), v1::RUN_STATE_ABORTED);

  run.set_state(v1::RUN_STATE_FINISHED);
  const std::vector<v1::Interval> twice = {MakeInterval(1), MakeInterval(1)};
  EXPECT_FALSE(store->ReplaceFrom(1, run, 0, v1::PHASE_MEASURE, twice).ok());
  EXPECT_THAT(Seconds(*store, "a", 0), ElementsAre(1000, 1001, 1002, 1003, 3000, 3001, 3002, 3007));
  EXPECT_EQ(store->LoadRun("a")->state(), v1::RUN_STATE_ABORTED) << "all of it or nothing";
}

TEST_F(ResultsStoreTest, RefusesTheSameSecondTwice) {
  const auto store = Open();
  ASSERT_TRUE(store->SaveRun(MakeRun("a", 5)).ok());
  ASSERT_TRUE(store->AppendInterval("a", 0, v1::PHASE_LOAD, MakeInterval(3, v1::PHASE_LOAD)).ok());
  EXPECT_EQ(store->AppendInterval("a", 0, v1::PHASE_LOAD, MakeInterval(3, v1::PHASE_LOAD)).code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_F(ResultsStoreTest, RefusesAnIntervalOfARunItDoesNotHold) {
  EXPECT_FALSE(
      Open()->AppendInterval("nobody", 0, v1::PHASE_LOAD, MakeInterval(0, v1::PHASE_LOAD)).ok());
}

TEST_F(ResultsStoreTest, StopsAtTheVisitorsError) {
  const auto store = Open();
  ASSERT_TRUE(store->SaveRun(MakeRun("a", 5)).ok());
  ASSERT_TRUE(store->AppendInterval("a", 0, v1::PHASE_LOAD, MakeInterval(0, v1::PHASE_LOAD)).ok());
  ASSERT_TRUE(store->AppendInterval("a", 0, v1::PHASE_LOAD, MakeInterval(1, v1::PHASE_LOAD)).ok());
  int visits = 0;
  const absl::Status status =
      store->ForEachInterval("a", 0, [&](v1::Phase, const v1::Interval&) -> absl::Status {
        ++visits;
        return absl::CancelledError("enough");
      });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(visits, 1);
}

TEST_F(ResultsStoreTest, RefusesANewerSchemaWithAClearLine) {
  Open();
  SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 2");
  const auto store = OpenResultsStore(path_);
  ASSERT_FALSE(store.ok());
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("written by a newer Weir"));
}

TEST_F(ResultsStoreTest, RefusesADatabaseOfAnotherProgram) {
  const std::string path = folder_.File("other.db");
  SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (x)");
  EXPECT_THAT(std::string(OpenResultsStore(path).status().message()),
              HasSubstr("database of another program"));
}

// ------------------------------------------------------------------------------ not what we wrote

TEST_F(ResultsStoreTest, RefusesARunThatWasSpoiledAndReadsTheOthers) {
  const auto store = Open();
  v1::RunResult spoiled = MakeRun("spoiled", 5);
  spoiled.mutable_legs(0)->add_results()->set_operation(7);
  spoiled.mutable_legs(0)->mutable_results(0)->set_phase(v1::PHASE_MEASURE);
  ASSERT_TRUE(store->SaveRun(spoiled).ok());
  ASSERT_TRUE(store->SaveRun(MakeRun("sound", 6)).ok());
  const absl::Status status = store->LoadRun("spoiled").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(path_), HasSubstr("run spoiled cannot be used: "),
                    HasSubstr("legs[0].results[0].operation is 7, of 1; the file is damaged"),
                    HasSubstr("other runs in it can still be read"), Not(HasSubstr("\n"))));
  EXPECT_TRUE(store->LoadRun("sound").ok());
  EXPECT_EQ(store->ListRuns()->size(), 2u);
}

TEST_F(ResultsStoreTest, RefusesARunThatLiesUnderAnothersName) {
  ASSERT_TRUE(Open()->SaveRun(MakeRun("a", 5)).ok());
  SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("UPDATE runs SET id = 'b'");
  EXPECT_THAT(std::string(Open()->LoadRun("b").status().message()),
              HasSubstr("id is not the one that it is stored as"));
}

TEST_F(ResultsStoreTest, RefusesBytesThatAreNoRunAndNoSecond) {
  const auto store = Open();
  ASSERT_TRUE(store->SaveRun(MakeRun("a", 5)).ok());
  ASSERT_TRUE(store->AppendInterval("a", 0, v1::PHASE_MEASURE, MakeInterval(0)).ok());
  SQLite::Database file(path_, SQLite::OPEN_READWRITE);
  file.exec("UPDATE intervals SET interval = x'ff'");
  const auto visit = [](v1::Phase, const v1::Interval&) { return absl::OkStatus(); };
  const absl::Status second = store->ForEachInterval("a", 0, visit);
  EXPECT_EQ(second.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(second.message()), HasSubstr("second 0 of leg 0: is no interval"));
  file.exec("UPDATE runs SET result = x'ff'");
  EXPECT_EQ(store->LoadRun("a").status().code(), absl::StatusCode::kDataLoss);
}

// A name of a run becomes part of a file's name.
TEST_F(ResultsStoreTest, MarksARunWhoseIdIsNone) {
  ASSERT_TRUE(Open()->SaveRun(MakeRun("a", 5)).ok());
  SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("UPDATE runs SET id = '../../b\x1b'");
  const auto runs = Open()->ListRuns();
  ASSERT_TRUE(runs.ok());
  EXPECT_THAT(runs->at(0).damage, HasSubstr("its id is not 1 to 128 letters"));
  EXPECT_EQ(Open()->LoadRun("latest").status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(ResultsStoreTest, LooksAtTheOperationsOfTheRunAsItNowIs) {
  const auto store = Open();
  v1::RunResult run = MakeRun("a", 5);
  ASSERT_TRUE(store->SaveRun(run).ok());
  v1::Interval interval = MakeInterval(0);
  interval.mutable_operations(0)->set_operation(1);
  ASSERT_TRUE(store->AppendInterval("a", 0, v1::PHASE_MEASURE, interval).ok());
  const auto visit = [](v1::Phase, const v1::Interval&) { return absl::OkStatus(); };
  EXPECT_FALSE(store->ForEachInterval("a", 0, visit).ok());
  for (int i = 0; i < 2; ++i) run.mutable_legs(0)->add_operations();
  ASSERT_TRUE(Open()->SaveRun(run).ok());  // by another program
  EXPECT_TRUE(store->ForEachInterval("a", 0, visit).ok());
}

TEST_F(ResultsStoreTest, ReadsWhileAnotherWrites) {
  const auto writer = Open();
  const auto reader = Open();
  ASSERT_TRUE(writer->SaveRun(MakeRun("a", 5)).ok());
  EXPECT_EQ(reader->ListRuns()->size(), 1u);
  ASSERT_TRUE(writer->AppendInterval("a", 0, v1::PHASE_LOAD, MakeInterval(0, v1::PHASE_LOAD)).ok());
  EXPECT_THAT(Seconds(*reader, "a", 0), ElementsAre(1000));
}

// A process that dies without a word leaves a run that says RUNNING, with all it had appended.
TEST_F(ResultsStoreTest, KeepsWhatAKilledProcessHadWritten) {
  const pid_t child = fork();
  if (child == 0) {
    const auto store = *OpenResultsStore(path_);
    bool good = store->SaveRun(MakeRun("a", 5)).ok();
    for (uint32_t second = 0; second < 3; ++second) {
      good =
          good &&
          store->AppendInterval("a", 0, v1::PHASE_LOAD, MakeInterval(second, v1::PHASE_LOAD)).ok();
    }
    if (good) kill(getpid(), SIGKILL);
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto store = Open();
  EXPECT_EQ(store->ListRuns()->at(0).state, v1::RUN_STATE_RUNNING);
  EXPECT_THAT(Seconds(*store, "a", 0), ElementsAre(1000, 1001, 1002));
}

}  // namespace
}  // namespace weir
