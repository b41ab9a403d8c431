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
  segments_.push_back({next_segment_++, std::move(log)});
  return &segments_.back();
}

absl::Status Spool::Append(const v1::IntervalReport& report) {
  const std::string bytes = report.SerializeAsString();
  if (Bytes() + bytes.size() > capacity_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the spool is full: ", reports_.size(), " reports wait in ", path_));
  }
  WEIR_ASSIGN_OR_RETURN(Segment * segment, SegmentToFill());
  WEIR_ASSIGN_OR_RETURN(const uint64_t offset, segment->log.Append(bytes));
  reports_.push_back({report.sequence(), segment->number, offset});
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
  v1::IntervalReport report;
  if (!report.ParseFromString(bytes)) return absl::DataLossError("a report cannot be read back");
  return report;
}

void Spool::DropUpTo(uint64_t sequence) {
  while (!reports_.empty() && reports_.front().sequence <= sequence) reports_.pop_front();
  RemoveSegmentsBefore(reports_.empty() ? next_segment_ : reports_.front().segment);
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
  RemoveSegmentsBefore(next_segment_);
}

absl::Status ForEachSpooled(Disk& disk, const std::string& path,
                            absl::FunctionRef<void(const v1::IntervalReport&)> visit) {
  constexpr uint64_t kMostRemoved = 100'000;  // segments before the first that is there
  uint64_t number = 1;
  while (number < kMostRemoved && !disk.Exists(SegmentName(path, number))) ++number;
  for (; disk.Exists(SegmentName(path, number)); ++number) {
    WEIR_ASSIGN_OR_RETURN(std::unique_ptr<DiskFile> file, disk.Open(SegmentName(path, number)));
    const auto log = RecordLog::Open(std::move(file), [&](absl::string_view record) {
      v1::IntervalReport report;
      if (report.ParseFromArray(record.data(), static_cast<int>(record.size()))) visit(report);
    });
    WEIR_RETURN_IF_ERROR(log.status());
  }
  return absl::OkStatus();
}

}  // namespace weir
