// A Poisson-distributed count, exact for means from 0 to 10⁹ and in constant time. Pure; any
// thread.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace weir {

uint64_t PoissonCount(double mean, DrawStream& draws);

}  // namespace weir
