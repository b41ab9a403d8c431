// PostgreSQL for the contract suite, in the ways it can be driven; all on one throwaway server.
#pragma once

#include <memory>

#include "tests/backends/contract_targets.h"

namespace weir {

std::unique_ptr<ContractTarget> OpenPostgres();            // one at a time, batches by COPY
std::unique_ptr<ContractTarget> OpenPostgresPipelined();   // 16 in flight, batches by COPY
std::unique_ptr<ContractTarget> OpenPostgresMultiRow();    // batches by multi-row INSERT
std::unique_ptr<ContractTarget> OpenPostgresUnprepared();  // unlogged, over the socket

}  // namespace weir
