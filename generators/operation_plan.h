// What each operation of a scenario is: kind, record, parameters, as a pure function of the
// campaign and the operation's index. Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/api/operation.h"
#include "generators/dataset.h"
#include "proto/campaign.pb.h"

namespace weir {

struct PlannedOperation {
  uint32_t type = 0;    // index into OperationPlan::types()
  Operation operation;  // points into parameters and into the dataset's schema
  Parameters parameters;
};

struct OperationType {
  std::string name;  // as in reports
  v1::OperationKind kind;
  uint32_t weight;
  uint32_t batch;
  const QuerySpec* query = nullptr;
  std::string keys;  // "zipf θ=0.99"
};

class OperationPlan {
 public:
  virtual ~OperationPlan() = default;
  virtual const std::vector<OperationType>& types() const = 0;
  virtual void Make(uint64_t index, PlannedOperation* planned) const = 0;
  virtual uint32_t TypeOf(uint64_t index) const = 0;  // what Make would set as type, cheaply
};

// The mix of a scenario. Inserts follow the loaded records; each further scenario on the same load
// has a range of its own. `dataset` outlives the plan. kInvalidArgument names what is wrong
// ("operation top_pathz: no such query of dataset logs; there are: …").
absl::StatusOr<std::unique_ptr<OperationPlan>> MakeOperationPlan(const v1::Campaign& campaign,
                                                                 const v1::Scenario& scenario,
                                                                 const Dataset& dataset);

// The load phase: operation i inserts records i·batch … (i+1)·batch−1, the last one what is left.
std::unique_ptr<OperationPlan> MakeLoadPlan(const v1::Campaign& campaign,
                                            const v1::LoadPhase& load);
uint64_t LoadOperations(const v1::Campaign& campaign, const v1::LoadPhase& load);

// 64 hex digits: a digest over the campaign's settings that shape the plan and over a sample of
// operations and intended starts, so that agents with another build or another campaign are found
// out before the start. The same for any split.
std::string PlanDigest(const v1::Campaign& campaign, const v1::Scenario& scenario,
                       const Dataset& dataset);

}  // namespace weir
