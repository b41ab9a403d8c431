// The spool files of one stage that were brought together after a coordinator's death: sorts out
// which belong to the stage, and gives each agent's reports in order. Files are read when they are
// added and again when their reports are wanted: memory does not grow with them. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/disk.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

class SpoolShelf {
 public:
  using Opener = std::function<absl::StatusOr<std::unique_ptr<DiskFile>>()>;

  // Of the step `step` of the run, whose agents are those in it.
  SpoolShelf(const v1::RunResult& run, uint32_t step);

  // In words why nothing, or not everything, of this file is used; empty when all of it is.
  std::string Add(const std::string& name, Opener open);

  bool Has(uint32_t agent) const { return agents_.contains(agent); }
  size_t agents() const { return agents_.size(); }
  // The end of the agent's stage; null when its files do not tell.
  const v1::StageDone* End(uint32_t agent) const;
  // Files of this agent that are damaged, as "NAME is damaged at byte 7 of 9".
  std::vector<std::string> Damage(uint32_t agent) const;

  // In order; what is in two files comes twice.
  absl::Status ForEachReport(
      uint32_t agent, absl::FunctionRef<absl::Status(const v1::IntervalReport&)> visit) const;

 private:
  struct File {
    uint64_t first = 0;  // sequence of its first report
    std::string name;
    Opener open;
    std::string damage;
  };
  struct Agent {
    std::vector<File> files;  // by their first report
    uint64_t highest = 0;     // sequence of any report
    std::optional<v1::StageDone> end;
  };

  const std::string run_id_;
  const uint32_t step_;
  std::map<std::string, uint32_t> indices_;  // by incarnation
  std::map<uint32_t, Agent> agents_;
};

}  // namespace weir
