// All that the agent with the first share sees of the database besides its answers: what it says
// about itself while it is driven, how much it stores at the end, and what its processes take where
// they run on this machine.
#pragma once

#include <cstdint>
#include <memory>

#include "agent/database_processes.h"
#include "agent/observer_thread.h"
#include "backends/api/backend.h"
#include "proto/control.pb.h"

namespace weir {

class DatabaseWatch {
 public:
  // Before a drive it also settles the database, so that every drive begins in the same phase of
  // its own work. Blocks. Null on the other agents, and for stages that touch no database.
  static std::unique_ptr<DatabaseWatch> Make(const v1::Prepare& prepare,
                                             const v1::Scenario& scenario, Backend& backend);

  // Of the stage, on the monotonic clock. Once.
  void Start(int64_t start_ns);

  // To the interval that has just passed. One thread.
  void AddProcesses(v1::Interval* interval);

  // The stage is over.
  void Conclude(v1::StageDone* done);

 private:
  explicit DatabaseWatch(Backend& backend) : backend_(backend), processes_(backend.Location()) {}
  void Observe(const v1::Scenario& scenario, Backend& backend);

  Backend& backend_;
  DatabaseProcesses processes_;
  std::unique_ptr<ObserverThread> observer_;  // while driven
};

}  // namespace weir
