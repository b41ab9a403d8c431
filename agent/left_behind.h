// In a container what an agent leaves behind goes away with it: it stays until somebody has copied
// that. `weir k8s fetch` does (coordinator/deploy/cluster_run.h has the names of the marks).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace weir {

// In the folder of the spool: made when all is there, and by who has copied it.
inline constexpr char kLeftBehindFile[] = "left-behind";
inline constexpr char kCollectedFile[] = "fetched";

// Returns when the folder has kCollectedFile, when `over` says so, or after that time. Blocks.
void AwaitCollection(const std::string& folder, int64_t longest_ns,
                     const std::function<bool()>& over);

}  // namespace weir
