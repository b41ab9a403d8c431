#include "generators/schedule.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "generators/poisson_schedule.h"
#include "generators/rate_profile.h"

namespace weir {
namespace {

// A schedule whose intended starts have a closed form, strictly by index.
class FormulaSchedule : public Schedule {
 public:
  virtual int64_t OffsetOf(uint64_t index) const = 0;
  std::unique_ptr<ScheduleCursor> Cursor(uint64_t first, uint64_t step) const override;
};

class FormulaCursor : public ScheduleCursor {
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

std::unique_ptr<ScheduleCursor> FormulaSchedule::Cursor(uint64_t first, uint64_t step) const {
  return std::make_unique<FormulaCursor>(*this, first, step);
}

// Operation i is due at ⌊i·per_ns/operations⌋: no error that grows with i.
class ConstantSchedule : public FormulaSchedule {
 public:
  ConstantSchedule(const v1::Rate& rate, int64_t duration_ns)
      : operations_(rate.operations()), per_ns_(rate.per_ns()), duration_ns_(duration_ns) {}

  uint64_t size() const override { return CountBefore(duration_ns_); }
  int64_t duration_ns() const override { return duration_ns_; }
  int64_t OffsetOf(uint64_t index) const override {
    return static_cast<int64_t>(Uint128{index} * per_ns_ / operations_);
  }
  uint64_t CountBefore(int64_t offset_ns) const override {
    const Uint128 t = static_cast<Uint128>(std::clamp<int64_t>(offset_ns, 0, duration_ns_));
    return static_cast<uint64_t>((t * operations_ + per_ns_ - 1) / per_ns_);
  }

 private:
  uint64_t operations_;
  uint64_t per_ns_;
  int64_t duration_ns_;
};

// Operation i is due when i + ½ operations are planned.
class StagedSchedule : public FormulaSchedule {
 public:
  explicit StagedSchedule(RateProfile profile) : profile_(std::move(profile)) {
    const FemtoOperations planned = profile_.Planned(profile_.duration_ns());
    size_ = static_cast<uint64_t>((planned + kFemtoPerOperation / 2) / kFemtoPerOperation);
  }

  uint64_t size() const override { return size_; }
  int64_t duration_ns() const override { return profile_.duration_ns(); }
  int64_t OffsetOf(uint64_t index) const override {
    const int64_t offset =
        profile_.TimeOf(Uint128{index} * kFemtoPerOperation + kFemtoPerOperation / 2);
    return std::min(offset, duration_ns() - 1);
  }
  uint64_t CountBefore(int64_t offset_ns) const override {
    if (offset_ns >= duration_ns()) return size_;
    uint64_t low = 0;
    uint64_t high = size_;
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
  RateProfile profile_;
  uint64_t size_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Schedule>> MakeSchedule(const v1::OpenLoop& settings,
                                                       int64_t duration_ns, uint64_t seed) {
  WEIR_ASSIGN_OR_RETURN(RateProfile profile, RateProfile::Make(settings, duration_ns));
  switch (settings.arrivals()) {
    case v1::ARRIVAL_PROCESS_POISSON:
      return MakePoissonSchedule(std::move(profile), seed);
    case v1::ARRIVAL_PROCESS_CONSTANT:
      if (settings.has_rate()) {
        return std::make_unique<ConstantSchedule>(settings.rate(), duration_ns);
      }
      return std::make_unique<StagedSchedule>(std::move(profile));
    default:
      return absl::InvalidArgumentError("open loop: unknown arrival process");
  }
}

}  // namespace weir
