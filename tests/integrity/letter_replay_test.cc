#include "integrity/letter_replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "agent/dead_letters.h"
#include "tests/integrity/finished_run.h"
#include "tests/integrity/table_backend.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LetterReplayTest : public ::testing::Test, protected FinishedRun {
 protected:
  LetterReplayTest() : table_(*dataset), letters_(folder.File("letters")) {
    std::filesystem::create_directories(letters_);
    for (uint64_t index = 0; index < kLoaded; ++index) table_.rows.emplace(index, 0);
  }

  static v1::DeadLetter Letter(uint64_t index, bool writes = true) {
    v1::DeadLetter letter;
    letter.set_stage(v1::PHASE_MEASURE);
    letter.set_index(index);
    letter.set_writes(writes);
    return letter;
  }

  std::vector<Verdict> Replay(const std::vector<v1::DeadLetter>& letters) {
    std::vector<Verdict> verdicts;
    const absl::Status done = ReplayLetters(
        *disk_, letters_, run, *dataset, table_, letters,
        [&](const v1::DeadLetter&, const LetterOutcome& o) { verdicts.push_back(o.verdict); });
    EXPECT_TRUE(done.ok()) << done;
    return verdicts;
  }
  Replayed Noted() {
    const auto noted = ReadReplayed(*disk_, letters_);
    EXPECT_TRUE(noted.ok()) << noted.status();
    return *noted;
  }
  static std::tuple<uint32_t, v1::Phase, uint64_t> KeyOf(uint64_t index) {
    return {0u, v1::PHASE_MEASURE, index};
  }

  const std::unique_ptr<Disk> disk_ = MakePosixDisk();
  TableBackend table_;
  const std::string letters_;
};

TEST_F(LetterReplayTest, ReadsTheLettersOfEveryAgent) {
  EXPECT_THAT(*ReadLetters(*disk_, letters_), IsEmpty());
  EXPECT_THAT(*ReadLetters(*disk_, letters_ + "/none"), IsEmpty());
  for (const uint64_t agent : {0, 1}) {
    DeadLetters letters(*disk_, {.path = absl::StrCat(letters_, "/agent-", agent),
                                 .run_id = "run",
                                 .agent = absl::StrCat("agent-", agent),
                                 .segment_bytes = 1});
    for (const uint64_t index : {0, 1}) ASSERT_TRUE(letters.Write(Letter(agent * 10 + index)).ok());
    ASSERT_TRUE(letters.Sync().ok());
  }
  const auto read = ReadLetters(*disk_, letters_);
  ASSERT_TRUE(read.ok()) << read.status();
  std::vector<uint64_t> indices;
  for (const v1::DeadLetter& letter : *read) indices.push_back(letter.index());
  EXPECT_THAT(indices, ElementsAre(0, 1, 10, 11));
}

TEST_F(LetterReplayTest, SendsWritesAndNothingElse) {
  const uint64_t insert = Find(OperationKind::kInsert);
  const uint64_t read = Find(OperationKind::kRead);
  EXPECT_THAT(Replay({Letter(insert), Letter(read, /*writes=*/false)}), ElementsAre(Verdict::kOk));
  EXPECT_EQ(table_.rows.count(Planned(insert).first_record), 1u);
  EXPECT_EQ(table_.attempts.size(), 1u);
  EXPECT_EQ(Noted(), (Replayed{{KeyOf(insert), true}}));
}

TEST_F(LetterReplayTest, WhatWasDeliveredIsNotSentAgainAndWhatWasNotIs) {
  const uint64_t first = Find(OperationKind::kInsert);
  const uint64_t second = Find(OperationKind::kInsert, 1, 1);
  const uint64_t refused = Planned(second).first_record;
  table_.refusal = [&](const Operation& operation) -> std::optional<Outcome> {
    if (operation.first_record != refused) return std::nullopt;
    Outcome no;
    no.verdict = Verdict::kFailed;
    no.detail = "no";
    return no;
  };
  EXPECT_THAT(Replay({Letter(first), Letter(second)}), ElementsAre(Verdict::kOk, Verdict::kFailed));
  EXPECT_EQ(Noted(), (Replayed{{KeyOf(first), true}, {KeyOf(second), false}}));
  table_.refusal = nullptr;
  EXPECT_THAT(Replay({Letter(first), Letter(second)}), ElementsAre(Verdict::kOk));
  EXPECT_EQ(table_.attempts.back().first_record, refused);
  EXPECT_EQ(Noted(), (Replayed{{KeyOf(first), true}, {KeyOf(second), true}}));
}

// A replay that died before it could say what it had done: all of it is done again, once.
TEST_F(LetterReplayTest, EachWriteTakesEffectOnceHoweverOftenItIsSent) {
  const std::vector<v1::DeadLetter> letters = {
      Letter(Find(OperationKind::kInsert)), Letter(Find(OperationKind::kInsert, 5)),
      Letter(Find(OperationKind::kReplace)), Letter(Find(OperationKind::kDelete))};
  const std::vector<Verdict> ok(4, Verdict::kOk);
  EXPECT_EQ(Replay(letters), ok);
  const auto once = table_.rows;
  EXPECT_EQ(once.size(), kLoaded + 1 + 5 - 1);
  for (int round = 0; round < 2; ++round) {
    std::filesystem::remove(letters_ + "/replayed");
    EXPECT_EQ(Replay(letters), ok);
    EXPECT_EQ(table_.rows, once);
  }
}

// Of a batch an earlier attempt may have applied a part.
TEST_F(LetterReplayTest, ABatchGoesRecordByRecordOverWhatIsThere) {
  const uint64_t batch = Find(OperationKind::kInsert, 5);
  const uint64_t record = Planned(batch).first_record;
  table_.rows.emplace(record + 1, 0);
  table_.rows.emplace(record + 3, 0);
  EXPECT_THAT(Replay({Letter(batch)}), ElementsAre(Verdict::kOk));
  for (uint64_t i = 0; i < 5; ++i) EXPECT_EQ(table_.rows.count(record + i), 1u) << i;
}

TEST_F(LetterReplayTest, AReplaceOfARecordThatIsGoneIsNotDelivered) {
  const uint64_t replace = Find(OperationKind::kReplace);
  table_.rows.erase(Planned(replace).first_record);
  EXPECT_THAT(Replay({Letter(replace)}), ElementsAre(Verdict::kNotFound));
  EXPECT_EQ(Noted(), (Replayed{{KeyOf(replace), false}}));
}

TEST_F(LetterReplayTest, AThrottledAttemptIsMadeAgainAfterAWhile) {
  table_.refusal = [&](const Operation& operation) -> std::optional<Outcome> {
    if (operation.attempt > 2) return std::nullopt;
    Outcome throttled;
    throttled.verdict = Verdict::kThrottled;
    return throttled;
  };
  EXPECT_THAT(Replay({Letter(Find(OperationKind::kInsert))}), ElementsAre(Verdict::kOk));
  EXPECT_EQ(table_.attempts.size(), 3u);
}

// What a crash left half written at the end of the file of outcomes.
TEST_F(LetterReplayTest, ATornNoteIsSentAgain) {
  const uint64_t first = Find(OperationKind::kInsert);
  const uint64_t second = Find(OperationKind::kInsert, 1, 1);
  Replay({Letter(first), Letter(second)});
  const std::string path = letters_ + "/replayed";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 3);
  EXPECT_EQ(Noted(), (Replayed{{KeyOf(first), true}}));
  EXPECT_THAT(Replay({Letter(first), Letter(second)}), ElementsAre(Verdict::kOk));
  EXPECT_EQ(Noted().size(), 2u);
}

TEST_F(LetterReplayTest, DamagedNotesAreRefusedWithTheRemedy) {
  Replay({Letter(Find(OperationKind::kInsert)), Letter(Find(OperationKind::kInsert, 1, 1))});
  const std::string path = letters_ + "/replayed";
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(9).put('?');
  const auto refused = ReadReplayed(*disk_, letters_);
  EXPECT_TRUE(absl::IsDataLoss(refused.status())) << refused.status();
  EXPECT_THAT(refused.status().message(), HasSubstr("replayed is damaged at byte 0 of "));
  EXPECT_THAT(refused.status().message(), HasSubstr("remove it and replay again"));
}

TEST_F(LetterReplayTest, ALetterOfALegThatTheRunDoesNotHaveIsRefused) {
  v1::DeadLetter letter = Letter(0);
  letter.set_leg(3);
  const absl::Status refused =
      ReplayLetters(*disk_, letters_, run, *dataset, table_, {letter},
                    [](const v1::DeadLetter&, const LetterOutcome&) { FAIL(); });
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
}

}  // namespace
}  // namespace weir
