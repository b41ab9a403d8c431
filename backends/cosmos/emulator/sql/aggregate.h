// Running COUNT, SUM, MIN, MAX, AVG and the others over the values of one group.
//
// From the documentation: every aggregate passes over undefined. COUNT counts the rest, COUNTIF
// what is true. SUM and AVG of anything but numbers are undefined; MIN and MAX order null,
// booleans, numbers and strings in this order and are undefined once an array or an object is among
// them.
#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_set.h"

#include "backends/cosmos/emulator/sql/syntax.h"
#include "backends/cosmos/emulator/sql/value.h"

namespace weir::cosmos::emulator::sql {

class Accumulator {
 public:
  explicit Accumulator(AggregateFunction function) : function_(function) {}

  void Add(const Value& value);
  // Of no value at all: COUNT and SUM are 0, lists empty, the others undefined.
  Value Result() const;

 private:
  AggregateFunction function_;
  int64_t count_ = 0;
  double sum_ = 0;
  Value extreme_;
  Value::Elements list_;
  absl::flat_hash_set<std::string> seen_;
  bool broken_ = false;
};

}  // namespace weir::cosmos::emulator::sql
