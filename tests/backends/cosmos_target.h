// Cosmos DB, played by the emulator, for the contract suite.
#pragma once

#include <memory>

#include "tests/backends/contract_targets.h"

namespace weir {

// One physical partition; the dataset's own partition key.
std::unique_ptr<ContractTarget> OpenCosmosSinglePartition();
// Five physical partitions, and a partition key that no query fixes.
std::unique_ptr<ContractTarget> OpenCosmosSpread();

}  // namespace weir
