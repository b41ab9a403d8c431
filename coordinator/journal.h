// The coordinator's journal of one run: what it decided, synced before it is acted on (R44). While
// the coordinator lives it holds the file; a journal that can be opened and does not say that the
// run is over belongs to one that died. Owned by the program; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/disk.h"
#include "base/record_log.h"
#include "proto/control.pb.h"
#include "proto/journal.pb.h"

namespace weir {

class Journal {
 public:
  // Creates the file, or goes on at the end of it. kDataLoss when it is damaged.
  static absl::StatusOr<std::unique_ptr<Journal>> Open(Disk& disk, const std::string& path);

  // When it returns OK the record survives a crash of the machine.
  absl::Status Keep(const v1::JournalRecord& record);

 private:
  explicit Journal(RecordLog log) : log_(std::move(log)) {}

  RecordLog log_;
};

// Every whole record. kNotFound when there is no journal, kAlreadyExists while its coordinator
// lives, kDataLoss when it is damaged: each record is synced before the next, so that a whole one
// behind the damage tells it from the rest of a crash.
absl::StatusOr<std::vector<v1::JournalRecord>> ReadJournal(Disk& disk, const std::string& path);

// What the journal keeps of the answers to a step's Prepare, by agent: no record much larger than a
// megabyte.
std::vector<v1::JournalRecord> ShareRecords(uint32_t step,
                                            const std::vector<v1::Prepared>& answers);

// Beside the results store, one for each run.
std::string JournalPath(const std::string& store, const std::string& run_id);

// Where local agents of the run put their dead letters; beside the results store.
std::string DeadLetterFolder(const std::string& store, const std::string& run_id);

// Of a run of so many agents; 0: as many as join.
v1::JournalRecord BegunRecord(const std::string& run_id, uint32_t agents);

// Before the first leg of a comparison, so that nothing of its order can be chosen by what is seen
// later (R22).
v1::JournalRecord DesignRecord(const v1::RunResult& run);

}  // namespace weir
