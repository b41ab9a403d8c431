// What an agent keeps for a whole run: the dataset and one backend per target. Carries out the
// tasks that are not stages (reach, set up, verify). Used by one thread at a time.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/operator_limits.h"
#include "backends/api/backend.h"
#include "generators/dataset.h"
#include "proto/campaign.pb.h"
#include "proto/control.pb.h"

namespace weir {

class Workbench {
 public:
  // `limits`: what the agent's operator allows; held against every Prepare.
  explicit Workbench(const OperatorLimits& limits = {}) : limits_(limits) {}
  const OperatorLimits& limits() const { return limits_; }

  // Makes the dataset and the target's backend, once; they are those of the whole run, the
  // scenarios are those of each Prepare.
  absl::Status Open(const v1::Prepare& prepare);

  const Dataset& dataset() const { return *dataset_; }
  Backend& backend(uint32_t target) { return *backends_.at(target); }
  Backend& instant() { return *instant_; }  // answers at once; of TASK_PROVE and TASK_CANARY

  // Each fills in what its task has to tell; an error becomes Prepared.error.
  absl::Status Reach(const v1::Prepare& prepare, v1::Prepared* prepared);
  absl::Status SetUp(const v1::Prepare& prepare, v1::Prepared* prepared);
  absl::Status Verify(const v1::Prepare& prepare, v1::Prepared* prepared);

 private:
  absl::StatusOr<Standing> Guard(const v1::Prepare& prepare);
  absl::Status GuardDrop(const v1::Prepare& prepare, const Standing& standing);
  const v1::Target& target(const v1::Prepare& prepare) const {
    return campaign_.targets(static_cast<int>(prepare.target()));
  }
  absl::Status Disclose(const v1::Prepare& prepare, v1::Prepared* prepared);

  const OperatorLimits limits_;
  v1::Campaign campaign_;
  std::unique_ptr<Dataset> dataset_;
  std::map<uint32_t, std::unique_ptr<Backend>> backends_;
  // Standing::place of what may be dropped: what it held was confirmed to go, or it held nothing
  // when this run first set it up, so that what it holds now is this run's.
  std::set<std::string> droppable_;
  std::unique_ptr<Backend> instant_;
};

// Whether the status says that the target cannot be reached or refused us.
bool IsUnreachable(const absl::Status& status);

}  // namespace weir
