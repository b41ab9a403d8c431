#include "tests/backends/contract_targets.h"

#include "tests/backends/cosmos_target.h"
#include "tests/backends/null_target.h"
#include "tests/backends/postgres_target.h"
#include "tests/backends/sqlite_target.h"

namespace weir {

const std::vector<ContractEntry>& ContractEntries() {
  static const std::vector<ContractEntry> entries = {
      {"null_at_once", OpenNullAtOnce},
      {"null_delayed", OpenNullDelayed},
      {"null_queue", OpenNullQueue},
      {"sqlite_memory", OpenSqliteMemory},
      {"sqlite_file", OpenSqliteFile},
      {"postgres", OpenPostgres},
      {"postgres_pipelined", OpenPostgresPipelined},
      {"postgres_multi_row", OpenPostgresMultiRow},
      {"postgres_unprepared", OpenPostgresUnprepared},
      {"cosmos_single_partition", OpenCosmosSinglePartition},
      {"cosmos_spread", OpenCosmosSpread},
  };
  return entries;
}

}  // namespace weir
