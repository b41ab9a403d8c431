// The null backend for the contract suite.
#pragma once

#include <memory>

#include "tests/backends/contract_targets.h"

namespace weir {

std::unique_ptr<ContractTarget> OpenNullAtOnce();
std::unique_ptr<ContractTarget> OpenNullDelayed();
std::unique_ptr<ContractTarget> OpenNullQueue();

}  // namespace weir
