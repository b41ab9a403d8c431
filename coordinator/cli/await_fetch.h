// `weir run --await-fetch`: a coordinator in a container that goes away with it keeps its results
// until somebody has copied them.
#pragma once

#include <cstdint>
#include <string>

namespace weir {

// Says that the report in `folder` can be fetched, and returns when the file `fetched` is in it, on
// an interrupt, or after that time.
void AwaitFetch(const std::string& folder, int64_t longest_ns);

}  // namespace weir
