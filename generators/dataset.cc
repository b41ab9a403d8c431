#include "generators/dataset.h"

#include "generators/logs_dataset.h"

namespace weir {

absl::StatusOr<std::unique_ptr<Dataset>> MakeDataset(const v1::Dataset& settings, uint64_t seed) {
  switch (settings.kind_case()) {
    case v1::Dataset::kLogs:
      return MakeLogsDataset(settings.logs(), settings.records(), seed);
    case v1::Dataset::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("dataset: say which kind; there are: logs");
}

}  // namespace weir
