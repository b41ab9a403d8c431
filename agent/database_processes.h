// The processes of a database on this machine, and what they take: found once, then read from /proc
// as often as asked. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/watch/system_reader.h"
#include "backends/api/observer.h"
#include "proto/results.pb.h"

namespace weir {

class DatabaseProcesses {
 public:
  // A server on another machine, in this very process, or in one that we may not look into, is not
  // found. `root`: as SystemReader's.
  explicit DatabaseProcesses(const ServerLocation& location, std::string root = "/");

  bool found() const { return main_process_ != 0; }
  const std::string& name() const { return name_; }

  // From here the next sample counts.
  void Begin() { cpu_ticks_ = Total().cpu_ticks; }

  // What the main process and its children took since Begin or the last sample. Nothing when they
  // were not found, or are gone.
  std::optional<v1::ProcessSample> Sample();

 private:
  struct Process {
    int64_t parent = 0;
    uint64_t cpu_ticks = 0;  // with children that have ended and were waited for
    uint64_t private_pages = 0;
    uint64_t shared_pages = 0;
  };
  struct Sum {
    uint32_t processes = 0;
    uint64_t cpu_ticks = 0;
    uint64_t pages = 0;
  };

  std::string Text(int64_t process, const char* file) const;
  std::string FolderOf(int64_t process) const;
  std::vector<int64_t> All() const;
  int64_t Listener(uint16_t port) const;
  std::vector<uint64_t> SocketsListening(uint16_t port) const;
  bool Holds(int64_t process, const std::vector<uint64_t>& sockets) const;
  std::string NameOf(int64_t process) const;
  // Nothing when it is gone, or is neither the main process nor a child of it.
  std::optional<Process> Read(int64_t process) const;
  Sum Total() const;

  const std::string root_;
  const SystemReader reader_;
  int64_t main_process_ = 0;
  std::string name_;
  uint64_t cpu_ticks_ = 0;  // at the last sample
};

}  // namespace weir
