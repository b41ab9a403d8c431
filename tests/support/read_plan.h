// A plan of reads and nothing else, for tests of what comes after the plan.
#pragma once

#include <vector>

#include "generators/operation_plan.h"

namespace weir {

// Every operation reads the record of its own index.
class ReadPlan final : public OperationPlan {
 public:
  const std::vector<OperationType>& types() const override { return types_; }
  uint32_t TypeOf(uint64_t) const override { return 0; }
  void Make(uint64_t index, PlannedOperation* planned) const override {
    planned->type = 0;
    planned->operation.kind = OperationKind::kRead;
    planned->operation.first_record = index;
    planned->operation.records = 1;
  }

 private:
  std::vector<OperationType> types_{{"read", v1::OPERATION_KIND_READ, 1, 1, nullptr, "uniform"}};
};

}  // namespace weir
