#include "coordinator/abandoned_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/journal.h"
#include "tests/support/memory_disk.h"

namespace weir {
namespace {

using testing::HasSubstr;

v1::RunResult RunningWithTwoLegs() {
  v1::RunResult run;
  run.set_id("r");
  run.set_state(v1::RUN_STATE_RUNNING);
  run.set_started_unix_ns(1000);
  for (const char* target : {"left", "right"}) {
    run.add_legs()->set_scenario("mixed");
    run.mutable_legs()->rbegin()->set_target(target);
  }
  run.mutable_legs(0)->mutable_verdict()->set_validity(v1::VALIDITY_VALID);
  return run;
}

v1::JournalRecord Prepare(uint32_t step, uint32_t leg, v1::Task task) {
  v1::JournalRecord record;
  record.set_unix_ns(2000 + step);
  record.mutable_prepare()->set_step(step);
  record.mutable_prepare()->set_leg(leg);
  record.mutable_prepare()->set_task(task);
  return record;
}

TEST(AbandonedRun, IsInvalidAndSaysHowFarItGot) {
  v1::RunResult run = RunningWithTwoLegs();
  v1::JournalRecord go;
  go.set_unix_ns(5000);
  go.mutable_go()->set_step(9);
  ConcludeAbandoned({Prepare(8, 1, v1::TASK_SET_UP), Prepare(9, 1, v1::TASK_DRIVE), go}, &run);
  EXPECT_EQ(run.state(), v1::RUN_STATE_ABORTED);
  EXPECT_EQ(run.finished_unix_ns(), 5000);
  EXPECT_EQ(run.verdict().validity(), v1::VALIDITY_INVALID);
  ASSERT_EQ(run.verdict().reasons_size(), 1);
  EXPECT_EQ(run.verdict().reasons(0),
            "the coordinator ended before the run did, during warm-up and measure of mixed on "
            "right; operations may have been issued");
  EXPECT_EQ(run.legs(0).verdict().validity(), v1::VALIDITY_VALID) << "this leg had been judged";
  EXPECT_EQ(run.legs(1).verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(AbandonedRun, ClaimsNoOperationsWithoutEvidence) {
  v1::RunResult run = RunningWithTwoLegs();
  v1::JournalRecord go;
  go.mutable_go()->set_step(8);
  ConcludeAbandoned({Prepare(8, 0, v1::TASK_LOAD), go, Prepare(9, 1, v1::TASK_DRIVE)}, &run);
  EXPECT_THAT(run.verdict().reasons(0), testing::Not(HasSubstr("issued")));
  v1::RunResult nothing_known = RunningWithTwoLegs();
  ConcludeAbandoned({}, &nothing_known);
  EXPECT_EQ(nothing_known.verdict().reasons(0), "the coordinator ended before the run did");
}

TEST(AbandonedRun, IsNotOneWhoseCoordinatorLives) {
  MemoryDisk disk;
  auto journal = Journal::Open(disk, JournalPath("store.db", "r"));
  EXPECT_FALSE(IsAbandoned(disk, "store.db", "r"));
  journal->reset();
  EXPECT_TRUE(IsAbandoned(disk, "store.db", "r"));
  EXPECT_TRUE(IsAbandoned(disk, "store.db", "another"));
}

TEST(AbandonedRun, IsOneWhoseJournalIsDamaged) {
  MemoryDisk disk;
  const std::string path = JournalPath("store.db", "r");
  {
    auto journal = Journal::Open(disk, path);
    for (uint32_t step = 1; step <= 3; ++step) {
      ASSERT_TRUE((*journal)->Keep(Prepare(step, 0, v1::TASK_LOAD)).ok());
    }
  }
  disk.Bytes(path)[RecordLog::kHeadBytes] ^= 1;
  EXPECT_TRUE(IsAbandoned(disk, "store.db", "r"));
}

}  // namespace
}  // namespace weir
