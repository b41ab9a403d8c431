// Files as the journal and the spool need them: appended to, read back, cut off. Two
// implementations: PosixDisk here, and a simulated one that loses what was not synced. One thread
// per file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weir {

class DiskFile {
 public:
  virtual ~DiskFile() = default;  // closes; what was not synced may still be lost

  // After an error nothing, a part or all of `bytes` may be there.
  virtual absl::Status Append(absl::string_view bytes) = 0;

  // When it returns OK, everything appended before survives a crash of the machine. Without it a
  // crash of the process alone loses nothing.
  virtual absl::Status Sync() = 0;

  // Fewer than `size` bytes only at the end of the file.
  virtual absl::StatusOr<std::string> Read(uint64_t offset, uint64_t size) const = 0;

  virtual absl::Status Truncate(uint64_t size) = 0;
  virtual uint64_t Size() const = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;

  // Opens for appending; creates the file when missing. kAlreadyExists while another holder, of
  // this process or of another, has it open: a file has one owner, and a free one has none alive.
  virtual absl::StatusOr<std::unique_ptr<DiskFile>> Open(const std::string& path) = 0;

  virtual absl::Status Remove(const std::string& path) = 0;  // OK when it is not there
  virtual bool Exists(const std::string& path) const = 0;
};

// A file of this machine that is there, for reading alone. kAlreadyExists while somebody holds it,
// kNotFound when it is not there.
absl::StatusOr<std::unique_ptr<DiskFile>> OpenToRead(const std::string& path);

// The files of this machine. A file that Open made is synced together with its name.
std::unique_ptr<Disk> MakePosixDisk();

}  // namespace weir
