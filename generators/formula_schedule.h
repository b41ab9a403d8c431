// A schedule that can say of any index by itself when it is due. Immutable; any thread.
#pragma once

#include <memory>

#include "base/check.h"
#include "generators/schedule.h"

namespace weir {

class FormulaSchedule : public Schedule {
 public:
  virtual int64_t OffsetOf(uint64_t index) const = 0;  // ascending

  std::unique_ptr<ScheduleCursor> Cursor(uint64_t first, uint64_t step) const override {
    return std::make_unique<FormulaCursor>(*this, first, step);
  }

  uint64_t CountBefore(int64_t offset_ns) const override {
    uint64_t low = 0;
    uint64_t high = size();
    while (low < high) {
      const uint64_t middle = low + (high - low) / 2;
      if (OffsetOf(middle) < offset_ns) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

 private:
  class FormulaCursor final : public ScheduleCursor {
   public:
    FormulaCursor(const FormulaSchedule& schedule, uint64_t first, uint64_t step)
        : schedule_(schedule), step_(step), index_(first) {
      WEIR_CHECK(step > 0);
      Place();
    }

    bool done() const override { return index_ >= schedule_.size(); }
    uint64_t index() const override { return index_; }
    int64_t offset_ns() const override { return offset_ns_; }
    void Advance() override {
      index_ += step_;
      Place();
    }

   private:
    void Place() {
      if (!done()) offset_ns_ = schedule_.OffsetOf(index_);
    }

    const FormulaSchedule& schedule_;
    const uint64_t step_;
    uint64_t index_;
    int64_t offset_ns_ = 0;
  };
};

}  // namespace weir
