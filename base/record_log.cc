#include "base/record_log.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir {
namespace {

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0);
    table[byte] = crc;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kCrcTable = MakeCrcTable();

void PutLittleEndian(uint32_t value, std::string* to) {
  for (int shift = 0; shift < 32; shift += 8) to->push_back(static_cast<char>(value >> shift));
}

uint32_t GetLittleEndian(absl::string_view from) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= uint32_t{static_cast<uint8_t>(from[i])} << (8 * i);
  return value;
}

}  // namespace

uint32_t Crc32c(absl::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char c : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<uint8_t>(c)) & 0xff];
  return ~crc;
}

absl::StatusOr<RecordLog> RecordLog::Open(std::unique_ptr<DiskFile> file, Visit visit, Tail tail) {
  RecordLog log(std::move(file));
  while (log.end_ < log.file_->Size()) {
    const absl::StatusOr<std::string> record = log.ReadAt(log.end_);
    if (absl::IsDataLoss(record.status())) break;
    if (!record.ok()) return record.status();
    visit(*record);
    log.end_ += kHeadBytes + record->size();
  }
  if (tail == Tail::kCutOff && log.end_ < log.file_->Size())
    WEIR_RETURN_IF_ERROR(log.file_->Truncate(log.end_));
  return log;
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
