#include "agent/dead_letters.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir {

absl::Status DeadLetters::OpenSegment() {
  if (log_ && log_->size() < place_.segment_bytes) return absl::OkStatus();
  WEIR_RETURN_IF_ERROR(Sync());
  // An earlier process of this name may have left files behind: they stay.
  std::string name;
  do {
    name = absl::StrCat(place_.path, ".", ++segment_);
  } while (disk_.Exists(name));
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<DiskFile> file, disk_.Open(name));
  WEIR_ASSIGN_OR_RETURN(RecordLog log, RecordLog::Open(std::move(file), [](absl::string_view) {}));
  log_.emplace(std::move(log));
  v1::LetterRecord record;
  record.mutable_head()->set_magic(kLetterMagic);
  record.mutable_head()->set_version(kLetterVersion);
  record.mutable_head()->set_run_id(place_.run_id);
  record.mutable_head()->set_agent(place_.agent);
  return Append(record);
}

absl::Status DeadLetters::Append(const v1::LetterRecord& record) {
  const std::string bytes = record.SerializeAsString();
  if (bytes_ + bytes.size() + RecordLog::kHeadBytes > place_.most_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the dead letters in ", place_.path, ".* have reached their cap of ",
                     place_.most_bytes, " bytes after ", written_, " letters"));
  }
  WEIR_RETURN_IF_ERROR(log_->Append(bytes).status());
  bytes_ += bytes.size() + RecordLog::kHeadBytes;
  unsynced_ = true;
  return absl::OkStatus();
}

absl::Status DeadLetters::Write(const v1::DeadLetter& letter) {
  WEIR_RETURN_IF_ERROR(OpenSegment());
  v1::LetterRecord record;
  *record.mutable_letter() = letter;
  WEIR_RETURN_IF_ERROR(Append(record));
  ++written_;
  return absl::OkStatus();
}

absl::Status DeadLetters::Sync() {
  if (!log_ || !unsynced_) return absl::OkStatus();
  WEIR_RETURN_IF_ERROR(log_->Sync());
  unsynced_ = false;
  return absl::OkStatus();
}

absl::Status ForEachLetter(Disk& disk, const std::string& path,
                           absl::FunctionRef<void(const v1::DeadLetter&)> visit) {
  for (uint32_t segment = 1; disk.Exists(absl::StrCat(path, ".", segment)); ++segment) {
    const std::string name = absl::StrCat(path, ".", segment);
    WEIR_ASSIGN_OR_RETURN(std::unique_ptr<DiskFile> file, disk.Open(name));
    bool ours = true;
    bool first = true;
    const auto read = [&](absl::string_view bytes) {
      v1::LetterRecord record;
      const bool whole = record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
      if (first) ours = whole && record.head().magic() == kLetterMagic;
      ours = ours && record.head().version() <= kLetterVersion;
      first = false;
      if (ours && whole && record.has_letter()) visit(record.letter());
    };
    // Also where a crash of the machine may have lost an earlier letter of the last second and kept
    // a later one: whole letters are not passed over in silence.
    const auto log = RecordLog::Open(std::move(file), read, RecordLog::Tail::kRefuseDamage);
    if (absl::IsDataLoss(log.status())) {
      return absl::DataLossError(absl::StrCat(
          name, " ", log.status().message(),
          ", with whole letters behind: restore it from a copy, or cut it there to do without"));
    }
    WEIR_RETURN_IF_ERROR(log.status());
    if (!ours) return absl::DataLossError(absl::StrCat(name, " does not hold dead letters"));
  }
  return absl::OkStatus();
}

}  // namespace weir
