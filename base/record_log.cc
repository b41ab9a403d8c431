#include "base/record_log.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/crc32c.h"
#include "base/status.h"

namespace weir {
namespace {

void PutLittleEndian(uint32_t value, std::string* to) {
  for (int shift = 0; shift < 32; shift += 8) to->push_back(static_cast<char>(value >> shift));
}

uint32_t GetLittleEndian(absl::string_view from) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= uint32_t{static_cast<uint8_t>(from[i])} << (8 * i);
  return value;
}

constexpr uint64_t kSearchedAtOnce = RecordLog::kLargestRecord;  // bytes of a file

// The first place at which a whole record begins, whatever stands before it and of those that begin
// before `end`. Where there is none, chance makes one of each place whose length is possible in one
// case of 2³²: among 8 MiB of random bytes in one of 250,000.
std::optional<uint64_t> FindWhole(absl::string_view bytes, uint64_t end) {
  const PartCrcs crcs(bytes);
  for (uint64_t at = 0; at < end && at + RecordLog::kHeadBytes < bytes.size(); ++at) {
    const uint64_t length = GetLittleEndian(bytes.substr(at));
    const uint64_t room = bytes.size() - at - RecordLog::kHeadBytes;
    if (length == 0 || length > std::min<uint64_t>(room, RecordLog::kLargestRecord)) continue;
    const uint32_t checksum = GetLittleEndian(bytes.substr(at + 4));
    if (crcs.Of(at + RecordLog::kHeadBytes, length) == checksum) return at;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<RecordLog> RecordLog::Open(std::unique_ptr<DiskFile> file, Visit visit, Tail tail) {
  RecordLog log(std::move(file));
  while (log.end_ < log.file_->Size()) {
    const absl::StatusOr<std::string> record = log.ReadAt(log.end_);
    if (absl::IsDataLoss(record.status())) break;
    if (!record.ok()) return record.status();
    visit(*record);
    log.end_ += kHeadBytes + record->size();
  }
  if (tail == Tail::kKeep || log.end_ == log.file_->Size()) return log;
  if (tail == Tail::kRefuseDamage) {
    WEIR_ASSIGN_OR_RETURN(const bool damaged, log.IsFollowed());
    if (damaged) return absl::DataLossError(DamageAt(log.end_, log.file_->Size()));
  }
  WEIR_RETURN_IF_ERROR(log.file_->Truncate(log.end_));
  return log;
}

std::string RecordLog::DamageAt(uint64_t byte, uint64_t size) {
  return absl::StrCat("is damaged at byte ", byte, " of ", size);
}

absl::StatusOr<bool> RecordLog::IsFollowed() const {
  // The record at the end is not whole, so that another can begin behind its first byte only.
  for (uint64_t at = end_ + 1; at < file_->Size(); at += kSearchedAtOnce) {
    const uint64_t most = kSearchedAtOnce + kHeadBytes + kLargestRecord;
    WEIR_ASSIGN_OR_RETURN(const std::string bytes,
                          file_->Read(at, std::min(most, file_->Size() - at)));
    if (FindWhole(bytes, kSearchedAtOnce)) return true;
  }
  return false;
}

absl::StatusOr<uint64_t> RecordLog::Append(absl::string_view record) {
  if (record.empty() || record.size() > kLargestRecord) {
    return absl::InvalidArgumentError(absl::StrCat("a record of ", record.size(), " bytes"));
  }
  // What an append before left half written.
  if (file_->Size() > end_) WEIR_RETURN_IF_ERROR(file_->Truncate(end_));
  std::string frame;
  frame.reserve(kHeadBytes + record.size());
  PutLittleEndian(static_cast<uint32_t>(record.size()), &frame);
  PutLittleEndian(Crc32c(record), &frame);
  frame.append(record.data(), record.size());
  WEIR_RETURN_IF_ERROR(file_->Append(frame));
  const uint64_t offset = end_;
  end_ += frame.size();
  return offset;
}

absl::StatusOr<std::string> RecordLog::ReadAt(uint64_t offset) const {
  WEIR_ASSIGN_OR_RETURN(const std::string head, file_->Read(offset, kHeadBytes));
  if (head.size() < kHeadBytes) return absl::DataLossError("a record breaks off");
  const uint32_t length = GetLittleEndian(head);
  // A file that a crash left full of zeros holds no records.
  if (length == 0) return absl::DataLossError("a record is empty");
  if (length > kLargestRecord) return absl::DataLossError("a record is longer than any can be");
  WEIR_ASSIGN_OR_RETURN(std::string record, file_->Read(offset + kHeadBytes, length));
  if (record.size() < length) return absl::DataLossError("a record breaks off");
  if (Crc32c(record) != GetLittleEndian(absl::string_view(head).substr(4))) {
    return absl::DataLossError("a record's checksum does not match");
  }
  return record;
}

absl::Status RecordLog::Clear() {
  end_ = 0;
  return file_->Truncate(0);
}

}  // namespace weir
