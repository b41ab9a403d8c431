// Running COUNT, SUM, MIN, MAX and AVG over the values of one group.
#pragma once

#include <cstdint>

#include "backends/cosmos/emulator/sql/syntax.h"
#include "backends/cosmos/emulator/sql/value.h"

namespace weir::cosmos::emulator::sql {

class Accumulator {
 public:
  explicit Accumulator(AggregateFunction function) : function_(function) {}

  // Undefined values are passed over; one that does not fit makes the result undefined.
  void Add(const Value& value);
  Value Result() const;

 private:
  const AggregateFunction function_;
  int64_t count_ = 0;
  double sum_ = 0;
  Value extreme_;
  bool broken_ = false;
};

}  // namespace weir::cosmos::emulator::sql
