// Any bytes where a program finds its files again: as they are, and as records whose checksums are
// right, so that what reads the records gets to see them.
#pragma once

#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

#include "base/check.h"
#include "base/disk.h"
#include "base/record_log.h"

namespace weir {

inline void PutFile(Disk& disk, const std::string& path, absl::string_view bytes) {
  auto file = disk.Open(path);
  WEIR_CHECK((*file)->Append({bytes.data(), bytes.size()}).ok());
}

// One that is empty is left out.
inline void PutRecords(Disk& disk, const std::string& path,
                       std::initializer_list<absl::string_view> records) {
  auto log = RecordLog::Open(*disk.Open(path), [](absl::string_view) {});
  for (const absl::string_view record : records) {
    if (!record.empty()) WEIR_CHECK(log->Append(record).ok());
  }
}

}  // namespace weir
