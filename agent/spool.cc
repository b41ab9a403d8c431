#include "agent/spool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir {
namespace {

// A file is removed when everything in it is acknowledged: small enough for that to happen soon.
constexpr uint64_t kSegmentBytes = 1 << 20;

std::string SegmentName(const std::string& path, uint64_t number) {
  return absl::StrCat(path, ".", number);
}

}  // namespace

std::string Spool::NameOf(uint64_t number) const { return SegmentName(path_, number); }

uint64_t Spool::Bytes() const {
  uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.log.size();
  return bytes;
}

absl::StatusOr<Spool::Segment*> Spool::SegmentToFill() {
  if (!segments_.empty() && segments_.back().log.size() < kSegmentBytes) return &segments_.back();
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<DiskFile> file, disk_.Open(NameOf(next_segment_)));
  WEIR_ASSIGN_OR_RETURN(RecordLog log, RecordLog::Open(std::move(file), [](absl::string_view) {}));
  WEIR_RETURN_IF_ERROR(log.Clear());
  v1::SpoolRecord head;
  *head.mutable_head() = head_;
  WEIR_RETURN_IF_ERROR(log.Append(head.SerializeAsString()).status());
  segments_.push_back({next_segment_++, std::move(log)});
  return &segments_.back();
}

void Spool::Begin(const v1::SpoolHead& head) {
  Clear();
  head_ = head;
}

absl::StatusOr<Spool::Segment*> Spool::AppendRecord(const std::string& bytes, uint64_t* offset) {
  WEIR_ASSIGN_OR_RETURN(Segment * segment, SegmentToFill());
  WEIR_ASSIGN_OR_RETURN(*offset, segment->log.Append(bytes));
  return segment;
}

absl::Status Spool::Append(const v1::IntervalReport& report) {
  v1::SpoolRecord record;
  *record.mutable_report() = report;
  const std::string bytes = record.SerializeAsString();
  if (Bytes() + bytes.size() > capacity_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the spool is full: ", reports_.size(), " reports wait in ", path_));
  }
  uint64_t offset = 0;
  WEIR_ASSIGN_OR_RETURN(Segment * segment, AppendRecord(bytes, &offset));
  reports_.push_back({report.sequence(), segment->number, offset});
  return absl::OkStatus();
}

absl::Status Spool::AppendEnd(const v1::StageDone& done) {
  v1::SpoolRecord record;
  *record.mutable_end() = done;
  uint64_t offset = 0;
  WEIR_ASSIGN_OR_RETURN(Segment * segment, AppendRecord(record.SerializeAsString(), &offset));
  end_segment_ = segment->number;
  return absl::OkStatus();
}

absl::StatusOr<v1::IntervalReport> Spool::Read(uint64_t sequence) const {
  const auto found = std::lower_bound(
      reports_.begin(), reports_.end(), sequence,
      [](const Report& report, uint64_t wanted) { return report.sequence < wanted; });
  if (found == reports_.end() || found->sequence != sequence) {
    return absl::NotFoundError(absl::StrCat("report ", sequence, " is not in the spool"));
  }
  const Segment& segment = segments_[found->segment - segments_.front().number];
  WEIR_ASSIGN_OR_RETURN(const std::string bytes, segment.log.ReadAt(found->offset));
  v1::SpoolRecord record;
  if (!record.ParseFromString(bytes) || !record.has_report()) {
    return absl::DataLossError("a report cannot be read back");
  }
  return std::move(*record.mutable_report());
}

void Spool::DropUpTo(uint64_t sequence) {
  while (!reports_.empty() && reports_.front().sequence <= sequence) reports_.pop_front();
  RemoveSegmentsBefore(reports_.empty() ? end_segment_.value_or(next_segment_)
                                        : reports_.front().segment);
}

void Spool::RemoveSegmentsBefore(uint64_t number) {
  while (!segments_.empty() && segments_.front().number < number) {
    const std::string name = NameOf(segments_.front().number);
    segments_.pop_front();
    // What cannot be removed only takes room.
    disk_.Remove(name).IgnoreError();
  }
}

void Spool::Clear() {
  reports_.clear();
  end_segment_.reset();
  RemoveSegmentsBefore(next_segment_);
}

}  // namespace weir
