// A file of records, each [length | CRC-32C | bytes]. What a crash left half written at the end is
// recognised and cut off, and told from damage where that is possible. Owns the file; one thread.
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

class RecordLog {
 public:
  using Visit = absl::FunctionRef<void(absl::string_view record)>;

  static constexpr uint64_t kHeadBytes = 8;
  static constexpr uint32_t kLargestRecord = 64 << 20;

  // What follows the first record that is not whole: the rest of a crash, or damage.
  enum class Tail : uint8_t {
    kCutOff,  // for the rest of a crash, whatever it is
    kKeep,    // as it is, and size() < the file's tells of it
    // kDataLoss, "is damaged at byte 17 of 230", when whole records lie behind; otherwise cut off.
    // Certain for a log that is synced after each record: of several that were not, a crash of the
    // machine may keep a later and lose an earlier one.
    kRefuseDamage,
  };

  // Visits every whole record in order, up to the first that is not.
  static absl::StatusOr<RecordLog> Open(std::unique_ptr<DiskFile> file, Visit visit,
                                        Tail tail = Tail::kCutOff);

  // The record's offset, for ReadAt. It is not empty. After an error the log is as it was before,
  // or fails again.
  absl::StatusOr<uint64_t> Append(absl::string_view record);
  absl::Status Sync() { return file_->Sync(); }
  // Takes the record at this offset back, with all behind it: the next one is put in its place.
  void Forget(uint64_t offset) { end_ = offset; }

  absl::StatusOr<std::string> ReadAt(uint64_t offset) const;  // kDataLoss when it is not whole
  absl::Status Clear();

  uint64_t size() const { return end_; }  // bytes of whole records

  static std::string DamageAt(uint64_t byte, uint64_t size);  // in words, as kRefuseDamage has it

 private:
  explicit RecordLog(std::unique_ptr<DiskFile> file) : file_(std::move(file)) {}

  absl::StatusOr<bool> IsFollowed() const;  // by a whole record, somewhere behind end_

  std::unique_ptr<DiskFile> file_;
  uint64_t end_ = 0;
};

}  // namespace weir
