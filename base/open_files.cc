#include "base/open_files.h"

#include <sys/resource.h>

#include <algorithm>

namespace weir {

void AllowManyOpenFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kManyOpenFiles) return;
  limit.rlim_cur = std::min<rlim_t>(kManyOpenFiles, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);  // refused: the limit stays as it was, and openings tell
}

}  // namespace weir
