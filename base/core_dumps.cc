#include "base/core_dumps.h"

#include <sys/resource.h>

#include <fstream>

namespace weir {

// The limit does not bind a handler (core(5)), for which the filter is. Not PR_SET_DUMPABLE: it
// takes /proc/self/io away from ourselves, which tells what a run took.
void LeaveNoCore() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
  std::ofstream("/proc/self/coredump_filter") << "0";
}

}  // namespace weir
