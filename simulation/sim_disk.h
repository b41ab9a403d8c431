// The disk of one simulated machine. A crash of the machine takes what was not synced: all of it,
// the end of it, or its bytes while the file keeps its length. It can be full, slow and broken. One
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/dice.h"

#include "base/disk.h"

namespace weir {

struct DiskFaults {
  bool full = false;  // appends fail, some after writing a part
  double sync_fails = 0;
  int64_t sync_takes_ns = 0;  // spent by whoever waits for it, see on_wait
};

class SimDisk final : public Disk {
 public:
  SimDisk(uint64_t seed, absl::string_view purpose) : dice_(seed, purpose) {}

  absl::StatusOr<std::unique_ptr<DiskFile>> Open(const std::string& path) override;
  absl::Status Remove(const std::string& path) override;
  bool Exists(const std::string& path) const override { return files_.contains(path); }

  std::vector<std::string> Names() const;  // of all files

  void ProcessDied();  // its files are no longer held
  void MachineCrashed();

  DiskFaults faults;
  std::function<void(int64_t ns)> on_wait;  // a sync keeps its caller waiting
  uint64_t syncs() const { return syncs_; }

 private:
  friend class SimFile;
  struct File {
    std::string content;
    std::string durable;
    bool named = false;  // its name was synced
    bool held = false;
    uint64_t life = 0;  // of the holder
  };

  void Crash(File* file);
  void Tear(uint64_t safe, std::string* content);

  Dice dice_;
  std::map<std::string, std::shared_ptr<File>> files_;
  uint64_t life_ = 1;
  uint64_t syncs_ = 0;
};

}  // namespace weir
