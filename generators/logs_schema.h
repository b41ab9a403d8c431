// Fields, indexes and named queries of the logs dataset.
#pragma once

#include "backends/api/record.h"

namespace weir {

// Positions in the schema.
enum LogsField : int {
  kLogsId,
  kLogsTimestamp,
  kLogsService,
  kLogsRegion,
  kLogsHost,
  kLogsLevel,
  kLogsTraceId,
  kLogsUserId,
  kLogsMethod,
  kLogsPath,
  kLogsStatus,
  kLogsLatencyUs,
  kLogsBytes,
  kLogsMessage,
  kLogsFields,
};

// Positions in the schema's queries.
enum LogsQuery : int { kRecentErrors, kTrace, kLevelCounts, kTopPaths, kLogsQueries };

RecordSchema MakeLogsSchema();

}  // namespace weir
