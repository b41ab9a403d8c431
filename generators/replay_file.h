// Recorded arrivals on disk: a text file with one offset in whole nanoseconds per line, ascending.
// The one place of this room that reads a file. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weir {

struct ReplayFile {
  std::vector<int64_t> offsets_ns;
  std::string sha256;  // of the file's bytes, 64 hex digits
};

// Equal offsets may follow each other; the last line may lack its end. Errors are one line, with
// the file and, where the contents are wrong, the line's number.
absl::StatusOr<ReplayFile> ReadReplayFile(const std::string& path);

}  // namespace weir
