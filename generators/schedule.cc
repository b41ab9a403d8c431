#include "generators/schedule.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "generators/burst_profile.h"
#include "generators/formula_schedule.h"
#include "generators/poisson_schedule.h"
#include "generators/rate_profile.h"
#include "generators/replay_schedule.h"

namespace weir {
namespace {

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

 private:
  RateProfile profile_;
  uint64_t size_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Schedule>> MakeSchedule(const v1::OpenLoop& settings,
                                                       int64_t duration_ns, uint64_t seed) {
  if (settings.arrivals() == v1::ARRIVAL_PROCESS_REPLAY) {
    return MakeReplaySchedule(settings.replay(), duration_ns);
  }
  WEIR_ASSIGN_OR_RETURN(RateProfile profile, RateProfile::Make(settings, duration_ns));
  switch (settings.arrivals()) {
    case v1::ARRIVAL_PROCESS_POISSON:
      return MakePoissonSchedule(std::move(profile), seed);
    case v1::ARRIVAL_PROCESS_BURST: {
      WEIR_ASSIGN_OR_RETURN(RateProfile bursts, WithBursts(profile, settings.burst(), seed));
      return MakePoissonSchedule(std::move(bursts), seed);
    }
    case v1::ARRIVAL_PROCESS_CONSTANT:
      if (settings.has_rate()) {
        return std::make_unique<ConstantSchedule>(settings.rate(), duration_ns);
      }
      return std::make_unique<StagedSchedule>(std::move(profile));
    default:
      return absl::InvalidArgumentError("open loop: unknown arrival process");
  }
}

absl::StatusOr<std::unique_ptr<Schedule>> MakeSchedule(const v1::Campaign& campaign,
                                                       const v1::Scenario& scenario) {
  const int64_t duration_ns = scenario.phases().warm_up().ns() + scenario.phases().measure().ns();
  return MakeSchedule(scenario.shape().open(), duration_ns, campaign.seed());
}

}  // namespace weir
