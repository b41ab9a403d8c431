// A file of records, each [length | CRC-32C | bytes]. What a crash left half written at the end is
// recognised and cut off. Owns the file; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "base/disk.h"

namespace weir {

// Castagnoli's polynomial, as iSCSI, ext4 and leveldb use it.
uint32_t Crc32c(absl::string_view bytes);

class RecordLog {
 public:
  using Visit = absl::FunctionRef<void(absl::string_view record)>;

  static constexpr uint64_t kHeadBytes = 8;
  static constexpr uint32_t kLargestRecord = 64 << 20;

  // What follows the last whole record: the rest of a crash, or damage that size() < the file's
  // tells.
  enum class Tail : uint8_t { kCutOff, kKeep };

  // Visits every whole record in order.
  static absl::StatusOr<RecordLog> Open(std::unique_ptr<DiskFile> file, Visit visit,
                                        Tail tail = Tail::kCutOff);

  // The record's offset, for ReadAt. It is not empty. After an error the log is as it was before,
  // or fails again.
  absl::StatusOr<uint64_t> Append(absl::string_view record);
  absl::Status Sync() { return file_->Sync(); }

  absl::StatusOr<std::string> ReadAt(uint64_t offset) const;  // kDataLoss when it is not whole
  absl::Status Clear();

  uint64_t size() const { return end_; }  // bytes of whole records

 private:
  explicit RecordLog(std::unique_ptr<DiskFile> file) : file_(std::move(file)) {}

  std::unique_ptr<DiskFile> file_;
  uint64_t end_ = 0;
};

}  // namespace weir
