// Interval reports that the coordinator has not acknowledged yet, on disk (R41): handed over again
// after a break of the connection, and still there when the agent's process has died. Never drops a
// report silently: when there is no room it says so. Owned by AgentControl's owner; one thread.
//
// Nothing here is synced. A report outlives the process without it, and with the machine the agent
// is gone, which the run counts as a loss; the coordinator syncs what it acknowledges.
//
// Where the coordinator has died, what it would have been told is here: the files say whose they
// are and how the stage ended (proto/spool.proto; read by control/spool_reader).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/disk.h"
#include "base/record_log.h"
#include "proto/control.pb.h"
#include "proto/spool.pb.h"

namespace weir {

class Spool {
 public:
  static constexpr uint64_t kCapacity = 256 << 20;

  // Files are named `path`.1, .2, …; they are made when there is something to keep. `path` ends
  // with kSpoolPrefix and the agent's incarnation.
  Spool(Disk& disk, std::string path, uint64_t capacity = kCapacity)
      : disk_(disk), path_(std::move(path)), capacity_(capacity) {}

  // The stage of this head begins: what is kept of another one goes, and every file begins with it.
  void Begin(const v1::SpoolHead& head);

  // Reports come in the order of their sequence. An error: this one is not kept.
  absl::Status Append(const v1::IntervalReport& report);

  // How the stage ended. Not counted against the capacity, and still there when every report is
  // acknowledged: a coordinator that died may not have kept it.
  absl::Status AppendEnd(const v1::StageDone& done);

  absl::StatusOr<v1::IntervalReport> Read(uint64_t sequence) const;

  void DropUpTo(uint64_t sequence);
  void Clear();  // and removes its files

  bool empty() const { return reports_.empty(); }               // of reports
  bool on_disk() const { return !segments_.empty(); }           // there are files
  uint64_t first() const { return reports_.front().sequence; }  // when not empty
  uint64_t last() const { return reports_.back().sequence; }

 private:
  struct Segment {
    uint64_t number;
    RecordLog log;
  };
  struct Report {
    uint64_t sequence;
    uint64_t segment;
    uint64_t offset;
  };

  std::string NameOf(uint64_t number) const;
  absl::StatusOr<Segment*> SegmentToFill();
  absl::StatusOr<Segment*> AppendRecord(const std::string& bytes, uint64_t* offset);
  uint64_t Bytes() const;
  void RemoveSegmentsBefore(uint64_t number);

  Disk& disk_;
  const std::string path_;
  const uint64_t capacity_;
  std::deque<Segment> segments_;  // by number, without gaps
  std::deque<Report> reports_;    // by sequence
  uint64_t next_segment_ = 1;
  std::optional<uint64_t> end_segment_;  // that has the end of the stage
  v1::SpoolHead head_;
};

}  // namespace weir
