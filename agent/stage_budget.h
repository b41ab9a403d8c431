// An agent's share of what a stage may use: looked at once a second, so that the agent stops by
// itself, also without word from the coordinator. Pure; one thread.
#pragma once

#include <cstdint>
#include <string>

#include "proto/control.pb.h"

namespace weir {

class StageBudgetWatch {
 public:
  explicit StageBudgetWatch(const v1::StageBudget& budget) : budget_(budget) {}

  // The next second of the stage is over and used so much. What to stop for, in words; empty: go
  // on. It is time to stop when another second like this one would go over the share, so that no
  // more than one second of use can ever be over it.
  std::string Add(uint64_t milli_ru);

 private:
  const v1::StageBudget budget_;
  uint64_t used_milli_ru_ = 0;
  int64_t seconds_ = 0;
};

}  // namespace weir
