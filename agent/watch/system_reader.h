// Reads the kernel's counters at one moment. `root` stands before every path, so that tests can
// give it a tree of their own. Blocks for as long as the kernel takes to write the files (well
// under a millisecond); not for a worker's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/watch/system_text.h"

namespace weir {

struct Link {
  LinkBytes bytes;
  bool loopback = false;
  bool device = false;            // a device of the machine, not a bridge or a tunnel
  uint64_t bytes_per_second = 0;  // 0: unknown
};

// Counters since the machine started, except where they are states.
struct SystemReading {
  std::vector<CoreTimes> cores;  // empty: not told
  std::vector<Link> links;
  std::optional<TcpCounts> tcp;
  std::optional<Throttling> throttling;
  ProcessStatus process;
  std::string clocksource;
};

class SystemReader {
 public:
  explicit SystemReader(std::string root = "/");

  SystemReading Read() const;

  // The text of a file, "proc/stat"; nothing when it cannot be read.
  std::optional<std::string> Text(const std::string& path) const;
  bool Exists(const std::string& path) const;

  // Our cgroup's folder and those above it, ours first, as paths for Text.
  std::vector<std::string> CgroupFolders(const std::string& controller, bool* unified) const;

 private:
  std::string Place(const std::string& path) const;
  std::vector<Link> ReadLinks() const;
  std::optional<Throttling> ReadThrottling() const;

  const std::string root_;
  std::vector<std::string> cpu_folders_;
};

}  // namespace weir
