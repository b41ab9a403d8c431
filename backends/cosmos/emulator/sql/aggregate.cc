#include "backends/cosmos/emulator/sql/aggregate.h"

#include "backends/cosmos/emulator/sql/rows.h"

namespace weir::cosmos::emulator::sql {

void Accumulator::Add(const Value& value) {
  if (value.IsUndefined()) return;
  if (function_ == AggregateFunction::kCountIf && !value.IsTrue()) return;
  ++count_;
  switch (function_) {
    case AggregateFunction::kCount:
    case AggregateFunction::kCountIf:
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
    case AggregateFunction::kMakeSet:
      if (!seen_.insert(Canonical(value)).second) return;
      [[fallthrough]];
    case AggregateFunction::kMakeList:
      list_.push_back(value.Own());
      return;
  }
}

Value Accumulator::Result() const {
  switch (function_) {
    case AggregateFunction::kCount:
    case AggregateFunction::kCountIf:
      return Value::Number(static_cast<double>(count_));
    case AggregateFunction::kSum:
      return broken_ ? Value() : Value::Number(sum_);
    case AggregateFunction::kAverage:
      return broken_ || count_ == 0 ? Value() : Value::Number(sum_ / static_cast<double>(count_));
    case AggregateFunction::kMin:
    case AggregateFunction::kMax:
      return broken_ ? Value() : extreme_;
    case AggregateFunction::kMakeList:
    case AggregateFunction::kMakeSet:
      return Value::Array(list_);
  }
  return {};
}

}  // namespace weir::cosmos::emulator::sql
