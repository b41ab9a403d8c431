#include "coordinator/cli/await_fetch.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "coordinator/deploy/cluster_run.h"
#include "coordinator/interrupts.h"
#include "coordinator/quantity.h"

namespace weir {

void AwaitFetch(const std::string& folder, int64_t longest_ns) {
  const std::string mark = folder + "/" + kFetchedFile;
  const InterruptWatch watch;
  std::ofstream(folder + "/" + kReadyFile) << "";
  // A line of the log by which `weir k8s follow` knows.
  std::printf("%s in %s; ends when there is %s, or after %s\n", kReportReady, folder.c_str(),
              mark.c_str(), FormatDuration(longest_ns).c_str());
  std::fflush(stdout);
  const int64_t until = MonotonicNs() + longest_ns;
  std::error_code ignored;
  while (watch.count() == 0 && MonotonicNs() < until && !std::filesystem::exists(mark, ignored)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace weir
