// Another machine, as far as programs can tell, for tests of what is done to databases elsewhere.
#pragma once

#include <string>

namespace weir {

// Takes this process, and what it starts from now on, into a network namespace of its own whose
// addresses are those of loopback and the one returned: not a loopback address, and out of reach of
// every network. Call it before there are threads or servers. Empty where the kernel forbids it.
std::string MoveToANetworkWithAnAddressElsewhere();

}  // namespace weir
