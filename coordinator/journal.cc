#include "coordinator/journal.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir {

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(Disk& disk, const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<DiskFile> file, disk.Open(path));
  absl::StatusOr<RecordLog> log = RecordLog::Open(
      std::move(file), [](absl::string_view) {}, RecordLog::Tail::kRefuseDamage);
  WEIR_RETURN_IF_ERROR(Annotate(log.status(), path));
  return std::unique_ptr<Journal>(new Journal(*std::move(log)));
}

absl::Status Journal::Keep(const v1::JournalRecord& record) {
  const absl::StatusOr<uint64_t> offset = log_.Append(record.SerializeAsString());
  absl::Status status = offset.status();
  if (status.ok()) {
    status = log_.Sync();
    // What it says will not be done: the next record takes its place.
    if (!status.ok()) log_.Forget(*offset);
  }
  return Annotate(status, "the journal of the run");
}

absl::StatusOr<std::vector<v1::JournalRecord>> ReadJournal(Disk& disk, const std::string& path) {
  if (!disk.Exists(path)) return absl::NotFoundError(absl::StrCat("there is no journal ", path));
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<DiskFile> file, disk.Open(path));
  std::vector<v1::JournalRecord> records;
  const auto visit = [&](absl::string_view bytes) {
    v1::JournalRecord record;
    if (record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      records.push_back(std::move(record));
    }
  };
  const auto log = RecordLog::Open(std::move(file), visit, RecordLog::Tail::kRefuseDamage);
  WEIR_RETURN_IF_ERROR(Annotate(log.status(), path));
  return records;
}

std::vector<v1::JournalRecord> ShareRecords(uint32_t step,
                                            const std::vector<v1::Prepared>& answers) {
  constexpr size_t kRecordBytes = 1 << 20;
  std::vector<v1::JournalRecord> records;
  size_t bytes = kRecordBytes;
  for (uint32_t agent = 0; agent < answers.size(); ++agent) {
    if (bytes >= kRecordBytes) {
      records.emplace_back().mutable_shares()->set_step(step);
      bytes = 0;
    }
    v1::JournalShare* share = records.back().mutable_shares()->add_shares();
    share->set_agent(agent);
    *share->mutable_planned() = answers[agent].planned();
    bytes += share->ByteSizeLong();
  }
  return records;
}

std::string JournalPath(const std::string& store, const std::string& run_id) {
  return absl::StrCat(store, ".", run_id, ".journal");
}

std::string DeadLetterFolder(const std::string& store, const std::string& run_id) {
  return absl::StrCat(store, ".", run_id, ".letters");
}

v1::JournalRecord BegunRecord(const std::string& run_id, uint32_t agents) {
  v1::JournalRecord record;
  record.mutable_begun()->set_run_id(run_id);
  record.mutable_begun()->set_agents(agents);
  return record;
}

v1::JournalRecord DesignRecord(const v1::RunResult& run) {
  v1::JournalRecord record;
  for (const v1::Leg& leg : run.legs()) {
    v1::JournalSlot* slot = record.mutable_design()->add_slots();
    slot->set_leg(leg.index());
    slot->set_scenario(leg.scenario());
    slot->set_target(leg.target());
    slot->set_round(leg.round());
  }
  return record;
}

}  // namespace weir
