#include "agent/left_behind.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"

namespace weir {

void AwaitCollection(const std::string& folder, int64_t longest_ns,
                     const std::function<bool()>& over) {
  const std::filesystem::path place(folder);
  std::ofstream(place / kLeftBehindFile) << "";
  const int64_t until_ns = MonotonicNs() + longest_ns;
  std::error_code ignored;
  while (!over() && MonotonicNs() < until_ns &&
         !std::filesystem::exists(place / kCollectedFile, ignored)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace weir
