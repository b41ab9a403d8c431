// SQLite for the contract suite.
#pragma once

#include <memory>

#include "tests/backends/contract_targets.h"

namespace weir {

std::unique_ptr<ContractTarget> OpenSqliteMemory();
std::unique_ptr<ContractTarget> OpenSqliteFile();

}  // namespace weir
