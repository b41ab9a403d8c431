#include "generators/rate_profile.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "base/status.h"

namespace weir {
namespace {

constexpr uint64_t kHighestRate = 1'000'000'000;  // per second; one per nanosecond
constexpr int64_t kLongestNs = int64_t{366} * 86400 * 1'000'000'000;

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("open loop: ", what));
}

// In 10⁻⁶ operations per second, to the nearest.
absl::StatusOr<uint64_t> MicroRate(const v1::Rate& rate) {
  if (rate.operations() == 0) return 0;
  if (rate.per_ns() == 0) return Wrong("a rate needs a time, as in 100/s");
  const Uint128 scaled =
      (Uint128{rate.operations()} * kFemtoPerOperation + rate.per_ns() / 2) / rate.per_ns();
  if (scaled > Uint128{kHighestRate} * 1'000'000) {
    return Wrong("no rate may be higher than 1000000000/s");
  }
  return static_cast<uint64_t>(scaled);
}

absl::Status CheckOneOfRateAndStages(const v1::OpenLoop& settings) {
  if (settings.has_rate() && settings.stages_size() > 0) {
    return Wrong("give either rate or stages, not both");
  }
  if (!settings.has_rate() && settings.stages_size() == 0) {
    return Wrong("say how fast: rate (as in 2000/s) or stages");
  }
  if (settings.has_rate() && settings.rate().operations() == 0) {
    return Wrong("a rate of zero plans no operation");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RateProfile> RateProfile::Make(const v1::OpenLoop& settings, int64_t duration_ns) {
  WEIR_RETURN_IF_ERROR(CheckOneOfRateAndStages(settings));
  if (duration_ns <= 0 || duration_ns > kLongestNs) {
    return Wrong("warm_up and measure together must last longer than nothing and at most 366 days");
  }
  RateProfile profile;
  profile.duration_ns_ = duration_ns;
  uint64_t last = 0;
  if (settings.has_rate()) {
    WEIR_ASSIGN_OR_RETURN(last, MicroRate(settings.rate()));
  }
  for (int i = 0; i < settings.stages_size(); ++i) {
    const v1::RateStage& stage = settings.stages(i);
    if (!stage.has_to()) return Wrong(absl::StrCat("stage ", i + 1, " needs `to`, its last rate"));
    if (stage.duration().ns() <= 0 || stage.duration().ns() > kLongestNs) {
      return Wrong(absl::StrCat("stage ", i + 1, " needs a duration of at most 366 days"));
    }
    WEIR_ASSIGN_OR_RETURN(const uint64_t to, MicroRate(stage.to()));
    uint64_t from = i == 0 ? to : last;
    if (stage.has_from()) {
      WEIR_ASSIGN_OR_RETURN(from, MicroRate(stage.from()));
    }
    profile.Append(stage.duration().ns(), from, to);
    last = to;
  }
  profile.Append(duration_ns, last, last);
  if (profile.Planned(duration_ns) < kFemtoPerOperation) {
    return Wrong("less than one operation is planned; raise the rate or the duration");
  }
  return profile;
}

absl::StatusOr<RateProfile> RateProfile::Modulated(const std::vector<Spell>& spells) const {
  RateProfile modulated;
  modulated.duration_ns_ = duration_ns_;
  int64_t t = 0;
  for (const Spell& spell : spells) {
    const int64_t spell_end = t + spell.length_ns;
    while (t < spell_end) {
      const Segment& segment = At(t);
      const int64_t end = std::min(spell_end, segment.start_ns + segment.length_ns);
      const auto rate = [&](int64_t at_ns) {
        const Uint128 product = Uint128{RateAt(segment, at_ns - segment.start_ns)} *
                                static_cast<uint64_t>(spell.micro_factor);
        return (product + 500'000) / 1'000'000;
      };
      if (std::max(rate(t), rate(end)) > Uint128{kHighestRate} * 1'000'000) {
        return Wrong("no rate may be higher than 1000000000/s, in a burst neither");
      }
      modulated.Append(end - t, static_cast<uint64_t>(rate(t)), static_cast<uint64_t>(rate(end)));
      t = end;
    }
  }
  WEIR_CHECK(t >= duration_ns_);
  return modulated;
}

void RateProfile::Append(int64_t length_ns, uint64_t from, uint64_t to) {
  int64_t start = 0;
  FemtoOperations before = 0;
  if (!segments_.empty()) {
    start = segments_.back().start_ns + segments_.back().length_ns;
    before = segments_.back().before + segments_.back().within;
  }
  if (start >= duration_ns_) return;
  // A stage that the schedule's end cuts off keeps its slope; it is only never walked to its end.
  Segment segment{start, length_ns, from, to, before, 0};
  segment.within = PlannedWithin(segment, length_ns);
  segments_.push_back(segment);
}

const RateProfile::Segment& RateProfile::At(int64_t t_ns) const {
  const auto after =
      std::upper_bound(segments_.begin() + 1, segments_.end(), t_ns,
                       [](int64_t t, const Segment& segment) { return t < segment.start_ns; });
  return *(after - 1);
}

FemtoOperations RateProfile::Planned(int64_t t_ns) const {
  const int64_t t = std::clamp<int64_t>(t_ns, 0, duration_ns_);
  const Segment& segment = At(t);
  return segment.before + PlannedWithin(segment, t - segment.start_ns);
}

int64_t RateProfile::TimeOf(FemtoOperations planned) const {
  auto after = std::upper_bound(
      segments_.begin() + 1, segments_.end(), planned,
      [](FemtoOperations value, const Segment& segment) { return value < segment.before; });
  const Segment& segment = *(after - 1);
  const int64_t t = segment.start_ns + ElapsedUntil(segment, planned - segment.before);
  return std::min(t, duration_ns_);
}

bool RateProfile::IsLevel(int64_t from_ns, int64_t to_ns) const {
  const Segment& segment = At(from_ns);
  return segment.from == segment.to && to_ns <= segment.start_ns + segment.length_ns;
}

uint64_t RateProfile::RateAt(const Segment& segment, int64_t elapsed_ns) {
  const bool rises = segment.to > segment.from;
  const uint64_t change = rises ? segment.to - segment.from : segment.from - segment.to;
  const auto part = static_cast<uint64_t>(Uint128{change} * static_cast<uint64_t>(elapsed_ns) /
                                          static_cast<uint64_t>(segment.length_ns));
  return rises ? segment.from + part : segment.from - part;
}

// r₀·t + (r₁−r₀)·t²/2D as t times the mean rate until then, which is taken with 20 more bits.
FemtoOperations RateProfile::PlannedWithin(const Segment& segment, int64_t elapsed_ns) {
  const Uint128 t = static_cast<Uint128>(elapsed_ns);
  if (segment.from == segment.to) return t * segment.from;
  const Uint128 fraction = (t << 63) / static_cast<Uint128>(segment.length_ns);
  const bool rises = segment.to > segment.from;
  const uint64_t change = rises ? segment.to - segment.from : segment.from - segment.to;
  const Uint128 half_change = (change * fraction) >> 44;  // 63 + 1 − 20
  const Uint128 start = Uint128{segment.from} << 20;
  return (t * (rises ? start + half_change : start - half_change)) >> 20;
}

// t = 2x ÷ (r₀ + √(r₀² + 2·(r₁−r₀)·x/D)), with rates scaled up to 62 bits.
int64_t RateProfile::ElapsedUntil(const Segment& segment, FemtoOperations planned) {
  const FemtoOperations x = std::min(planned, segment.within);
  if (segment.from == segment.to) {
    return segment.from == 0 ? 0 : static_cast<int64_t>(x / segment.from);
  }
  const int scale = std::countl_zero(std::max(segment.from, segment.to)) - 2;
  const uint64_t from = segment.from << scale;
  const uint64_t to = segment.to << scale;
  const uint64_t mean =
      static_cast<uint64_t>((x << scale) / static_cast<Uint128>(segment.length_ns));
  const Uint128 square = Uint128{from} * from;
  const Uint128 change =
      to > from ? Uint128{2} * (to - from) * mean : Uint128{2} * (from - to) * mean;
  const uint64_t rate =
      IntegerSqrt(to > from ? square + change : square - std::min(square, change));
  if (from + rate == 0) return 0;
  const Uint128 t = (x << (scale + 1)) / (from + rate);
  return static_cast<int64_t>(std::min<Uint128>(t, static_cast<Uint128>(segment.length_ns)));
}

}  // namespace weir
