// Operations that failed for good, in files of this agent (R51): segments of checksummed records,
// of which a crash can spoil no more than the end of the last. Nothing is ever discarded; where
// there is no room Write says so, and the stage has to end. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

#include "base/disk.h"
#include "base/record_log.h"
#include "proto/letters.pb.h"

namespace weir {

inline constexpr uint32_t kLetterMagic = 0x4c657474;  // "Lett"
inline constexpr uint32_t kLetterVersion = 1;

struct DeadLetterPlace {
  std::string path;  // files are `path`.1, .2, …; made when there is a letter to keep
  std::string run_id;
  std::string agent;
  uint64_t segment_bytes = 64 << 20;
  uint64_t most_bytes = 1 << 30;
};

class DeadLetters {
 public:
  DeadLetters(Disk& disk, DeadLetterPlace place) : disk_(disk), place_(std::move(place)) {}

  // kResourceExhausted: no room, the letter is not kept. Not synced before Sync.
  absl::Status Write(const v1::DeadLetter& letter);
  absl::Status Sync();

  uint64_t written() const { return written_; }

 private:
  absl::Status Append(const v1::LetterRecord& record);
  absl::Status OpenSegment();

  Disk& disk_;
  const DeadLetterPlace place_;
  std::optional<RecordLog> log_;
  uint32_t segment_ = 0;
  uint64_t bytes_ = 0;  // of all segments
  uint64_t written_ = 0;
  bool unsynced_ = false;
};

// What an agent left behind, file by file from `path`.1 on; kDataLoss for a file of something else,
// and for one that is damaged, with the byte, after the letters before it. A torn end is passed
// over.
absl::Status ForEachLetter(Disk& disk, const std::string& path,
                           absl::FunctionRef<void(const v1::DeadLetter&)> visit);

}  // namespace weir
