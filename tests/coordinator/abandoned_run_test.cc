#include "coordinator/abandoned_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/journal.h"
#include "tests/coordinator/rehearsal.h"
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
  ConcludeAbandoned(
      GatherEvidence({Prepare(8, 1, v1::TASK_SET_UP), Prepare(9, 1, v1::TASK_DRIVE), go}), &run);
  EXPECT_EQ(run.state(), v1::RUN_STATE_ABORTED);
  EXPECT_EQ(run.finished_unix_ns(), 5000);
  EXPECT_EQ(run.verdict().validity(), v1::VALIDITY_INVALID);
  ASSERT_EQ(run.verdict().reasons_size(), 1);
  EXPECT_EQ(
      run.verdict().reasons(0),
      "the coordinator ended before the run did, while driving mixed on right; operations may "
      "have been issued");
  EXPECT_EQ(run.legs(0).verdict().validity(), v1::VALIDITY_VALID) << "this leg had been judged";
  EXPECT_EQ(run.legs(1).verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(AbandonedRun, ClaimsNoOperationsWithoutEvidence) {
  v1::RunResult run = RunningWithTwoLegs();
  v1::JournalRecord go;
  go.mutable_go()->set_step(8);
  ConcludeAbandoned(
      GatherEvidence({Prepare(8, 0, v1::TASK_LOAD), go, Prepare(9, 1, v1::TASK_DRIVE)}), &run);
  EXPECT_THAT(run.verdict().reasons(0), testing::Not(HasSubstr("issued")));
  v1::RunResult nothing_known = RunningWithTwoLegs();
  ConcludeAbandoned(GatherEvidence({}), &nothing_known);
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

// The bytes of a real run's journal, and what each record of it says.
struct WholeJournal {
  std::string bytes;
  std::vector<v1::JournalRecord> records;
  v1::RunResult begun;  // as the store has it from the beginning of the run
};

WholeJournal JournalOfARun() {
  Rehearsal rehearsal(2);
  WholeJournal whole{.bytes = {}, .records = {}, .begun = rehearsal.result()};
  rehearsal.Run();
  rehearsal.Pass(10 * kNsPerSecond);
  EXPECT_TRUE(rehearsal.finished_);
  whole.records = rehearsal.journal_;
  MemoryDisk disk;
  auto journal = *Journal::Open(disk, "j");
  for (const v1::JournalRecord& record : whole.records) EXPECT_TRUE(journal->Keep(record).ok());
  whole.bytes = disk.Bytes("j");
  return whole;
}

// What may be said by the first `kept` records, and no more: which step was under way, and whether
// operations may have been issued in it.
void ExpectNoMoreThanTheEvidence(const WholeJournal& whole, size_t kept, const v1::RunResult& run) {
  const v1::JournalPrepare* step = nullptr;
  bool gone = false;
  for (size_t i = 0; i < kept; ++i) {
    const v1::JournalRecord& record = whole.records[i];
    if (record.has_prepare()) step = &record.prepare();
    if (record.has_prepare()) gone = false;
    if (record.has_go()) gone = true;
  }
  const std::string& reason = run.verdict().reasons(0);
  EXPECT_EQ(reason.find("operations may have been issued") != std::string::npos, gone) << reason;
  if (step == nullptr) {
    EXPECT_EQ(reason, "the coordinator ended before the run did");
    return;
  }
  EXPECT_THAT(reason, HasSubstr(run.legs(static_cast<int>(step->leg())).target()));
}

TEST(AbandonedRun, ClaimsNoMoreThanTheEvidenceWhereverACrashCutTheJournalOfARun) {
  const WholeJournal whole = JournalOfARun();
  ASSERT_GT(whole.records.size(), 20u);
  size_t goes = 0;
  for (size_t left = 0; left <= whole.bytes.size(); ++left) {
    SCOPED_TRACE(left);
    MemoryDisk disk;
    const std::string path = JournalPath("store.db", "test");
    ASSERT_TRUE((*disk.Open(path))->Append(whole.bytes.substr(0, left)).ok());
    EXPECT_TRUE(IsAbandoned(disk, "store.db", "test")) << "it would be called running for ever";
    const auto records = ReadJournal(disk, path);
    ASSERT_TRUE(records.ok()) << records.status();
    ASSERT_LE(records->size(), whole.records.size());
    v1::RunResult run = whole.begun;
    ConcludeAbandoned(GatherEvidence(*records), &run);
    EXPECT_EQ(run.state(), v1::RUN_STATE_ABORTED);
    EXPECT_EQ(run.verdict().validity(), v1::VALIDITY_INVALID);
    for (const v1::Leg& leg : run.legs()) {
      EXPECT_EQ(leg.verdict().validity(), v1::VALIDITY_INVALID) << "nobody has judged it";
    }
    ExpectNoMoreThanTheEvidence(whole, records->size(), run);
    goes += run.verdict().reasons(0).find("issued") != std::string::npos ? 1 : 0;
    if (HasFailure()) return;
  }
  EXPECT_GT(goes, 0u);
}

}  // namespace
}  // namespace weir
