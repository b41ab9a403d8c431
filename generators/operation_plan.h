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

// One operation, made anew as often as wanted without allocating once it has grown. `operation`
// points into this very object: do not move it between Make and the operation's end.
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

// Operation i of a scenario, for every i: warm-up and measure are one sequence, a closed loop takes
// the next index each time. The mix is met exactly in every block of Σweights/gcd operations.
// Inserts take the records after the loaded ones, each once; deletes take record 0, 1, 2, …; the
// others choose by their key law among what is loaded and, by the blocks before, inserted and not
// deleted. What they find still depends on the order in which operations in flight overtake each
// other.
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
// operations and intended starts (of MakeSchedule with warm-up + measure and the campaign's seed),
// so that agents with another build or another campaign are found out before the start. The same
// for any split.
std::string PlanDigest(const v1::Campaign& campaign, const v1::Scenario& scenario,
                       const Dataset& dataset);

}  // namespace weir
