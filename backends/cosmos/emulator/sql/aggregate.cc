#include "backends/cosmos/emulator/sql/aggregate.h"

namespace weir::cosmos::emulator::sql {

void Accumulator::Add(const Value& value) {
  if (value.IsUndefined()) return;
  ++count_;
  switch (function_) {
    case AggregateFunction::kCount:
      return;
    case AggregateFunction::kSum:
    case AggregateFunction::kAverage:
      broken_ |= value.type() != Value::Type::kNumber;
      sum_ += value.number();
      return;
    case AggregateFunction::kMin:
    case AggregateFunction::kMax: {
      if (value.type() >= Value::Type::kArray) {
        broken_ = true;
        return;
      }
      const int order = count_ == 1 ? -1 : Order(value, extreme_);
      const bool better = function_ == AggregateFunction::kMin ? order < 0 : order > 0;
      if (count_ == 1 || better) extreme_ = value.Own();
      return;
    }
  }
}

Value Accumulator::Result() const {
  if (function_ == AggregateFunction::kCount) return Value::Number(static_cast<double>(count_));
  if (broken_) return {};
  if (function_ == AggregateFunction::kSum) return Value::Number(sum_);
  if (function_ == AggregateFunction::kAverage) {
    return count_ == 0 ? Value() : Value::Number(sum_ / static_cast<double>(count_));
  }
  return extreme_;
}

}  // namespace weir::cosmos::emulator::sql
