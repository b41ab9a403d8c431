#include "control/spool_reader.h"

#include <utility>

#include "base/record_log.h"
#include "base/status.h"

namespace weir {

absl::StatusOr<SpoolFile> ReadSpoolFile(std::unique_ptr<DiskFile> file,
                                        absl::FunctionRef<void(v1::SpoolRecord& record)> visit) {
  SpoolFile read;
  const uint64_t size = file->Size();
  bool headed = false;
  bool foreign = false;
  v1::SpoolRecord record;
  const auto log = RecordLog::Open(
      std::move(file),
      [&](absl::string_view bytes) {
        if (foreign || !record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
          foreign = true;
        } else if (!headed) {
          headed = record.has_head();
          foreign = !headed;
          if (headed) read.head = record.head();
        } else {
          visit(record);
        }
      },
      RecordLog::Tail::kKeep);
  WEIR_RETURN_IF_ERROR(log.status());
  if (!headed) return absl::InvalidArgumentError("is no file of a spool");
  if (foreign) return absl::InvalidArgumentError("holds what no spool does");
  if (log->size() < size) read.damage = RecordLog::DamageAt(log->size(), size);
  return read;
}

}  // namespace weir
