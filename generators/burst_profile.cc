#include "generators/burst_profile.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/random.h"
#include "base/status.h"

namespace weir {
namespace {

constexpr double kMostSpells = 1e6;

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("burst: ", what));
}

absl::Status Check(const v1::Burst& settings, int64_t duration_ns) {
  if (!(settings.factor() >= 1 && settings.factor() <= 10'000)) {
    return Wrong("factor must be from 1 to 10000");
  }
  if (settings.calm().ns() <= 0 || settings.burst().ns() <= 0) {
    return Wrong("calm and burst must last longer than 0s");
  }
  const double both =
      static_cast<double>(settings.calm().ns()) + static_cast<double>(settings.burst().ns());
  if (2 * static_cast<double>(duration_ns) / both > kMostSpells) {
    return Wrong("calm and burst are so short that more than 1000000 of them would be planned");
  }
  return absl::OkStatus();
}

// Exponentially distributed, at least 1 ns.
int64_t SpellNs(int64_t mean_ns, DrawStream& draws) {
  const double length = -PortableLog1p(-draws.Unit()) * static_cast<double>(mean_ns);
  return 1 + static_cast<int64_t>(std::min(length, 9e18));
}

}  // namespace

absl::StatusOr<RateProfile> WithBursts(const RateProfile& calm, const v1::Burst& settings,
                                       uint64_t seed) {
  WEIR_RETURN_IF_ERROR(Check(settings, calm.duration_ns()));
  DrawStream draws(DeriveKey(seed, "burst states"), 0);
  const uint64_t both = static_cast<uint64_t>(settings.calm().ns()) + settings.burst().ns();
  bool bursting = draws.Below(both) < static_cast<uint64_t>(settings.burst().ns());
  std::vector<RateProfile::Spell> spells;
  for (int64_t t = 0; t < calm.duration_ns(); bursting = !bursting) {
    const int64_t drawn = SpellNs((bursting ? settings.burst() : settings.calm()).ns(), draws);
    const int64_t length = std::min(drawn, calm.duration_ns() - t);
    spells.push_back({length, bursting ? std::llround(settings.factor() * 1e6) : 1'000'000});
    t += length;
  }
  return calm.Modulated(spells);
}

}  // namespace weir
