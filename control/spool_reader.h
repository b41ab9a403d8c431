// Reads the files that an agent's spool leaves behind (proto/spool.proto): whose they are, the
// reports, how the stage ended. Written by agent/spool. Pure but for the file that is handed in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

#include "base/disk.h"
#include "proto/spool.pb.h"

namespace weir {

// What the name of every file of a spool begins with; the agent's incarnation follows, and ".1",
// ".2", ….
inline constexpr char kSpoolPrefix[] = "weir-spool-";

struct SpoolFile {
  v1::SpoolHead head;
  // Of the first bytes that are no whole record; empty where there are none. What lies behind them
  // is not read: nothing in a spool is synced, so that a crash of the machine may have kept a later
  // report and lost an earlier one, and a sequence with a gap is told by its numbers.
  std::string damage;
};

// Visits reports and ends in the order in which they were written; the file stays as it is.
// kInvalidArgument: not a file of a spool, or one whose head is damaged.
absl::StatusOr<SpoolFile> ReadSpoolFile(std::unique_ptr<DiskFile> file,
                                        absl::FunctionRef<void(v1::SpoolRecord& record)> visit);

}  // namespace weir
