// The tool against itself: how often it claims a difference where there is none (S1), finds one
// that is there (S2), exaggerates one that does not matter (S3), and whether a drifting machine
// misleads it (S9). What S1 counts is the false-alarm rate that docs/measuring.md publishes.
#include <cmath>

#include "absl/strings/str_format.h"
#include "selftest/figures.h"
#include "selftest/paired_campaigns.h"
#include "selftest/self_test.h"

#include "base/random.h"

namespace weir {
namespace {

// Of equal targets: of so many alarms the 95 % upper bound is below 5 %, of so many claims below 8
// %.
struct Extent {
  int campaigns;
  int most_alarms;
  int most_claims;
};
constexpr Extent kWhole = {1000, 38, 63};
constexpr Extent kFast = {200, 4, 9};
constexpr int kDifferent = 100;  // campaigns of S2, S3 and S9
constexpr double kSlowdown = 1.10;

// What many campaigns of one kind came to.
struct Outcomes {
  int campaigns = 0;
  int alarms = 0;  // campaigns with any FASTER or SLOWER
  int claims = 0;  // campaigns with any difference, also one below the threshold
  int slower = 0;  // campaigns whose first metric is SLOWER
  int faster = 0;
  int covered = 0;   // campaigns in which that metric's interval holds the truth
  int extended = 0;  // campaigns that ran twice as many rounds
  std::string error;
};

void Count(const v1::ComparisonResult& whole, double truth, Outcomes* outcomes) {
  bool alarm = false;
  bool claim = false;
  for (const v1::Compared& compared : whole.compared()) {
    const v1::Finding finding = compared.finding();
    const bool clear = finding == v1::FINDING_FASTER || finding == v1::FINDING_SLOWER;
    alarm |= clear;
    claim |= clear || finding == v1::FINDING_DIFFERENT_BELOW_THRESHOLD;
    if (finding == v1::FINDING_INVALID) outcomes->error = compared.sentence();
  }
  const v1::Compared& first = whole.compared(0);
  ++outcomes->campaigns;
  outcomes->extended += whole.looks() > 1 ? 1 : 0;
  outcomes->alarms += alarm ? 1 : 0;
  outcomes->claims += claim ? 1 : 0;
  outcomes->slower += first.finding() == v1::FINDING_SLOWER ? 1 : 0;
  outcomes->faster += first.finding() == v1::FINDING_FASTER ? 1 : 0;
  outcomes->covered += first.low() <= truth && truth <= first.high() ? 1 : 0;
}

Outcomes Carry(const PairedMachine& machine, int campaigns, uint64_t key) {
  KeepFreedMemory();
  Outcomes outcomes;
  for (int i = 0; i < campaigns && outcomes.error.empty(); ++i) {
    const auto whole = ComparePaired(machine, Draw(key, static_cast<uint64_t>(i)));
    if (!whole.ok()) {
      outcomes.error = std::string(whole.status().message());
    } else {
      Count(*whole, machine.slowdown, &outcomes);
    }
  }
  return outcomes;
}

void SayMachine(const PairedMachine& machine, int campaigns, Figures* figures) {
  figures->Of(absl::StrFormat(
      "%d campaigns of %d pairs and %d metrics, runs ±%.0f %%, drift %.0f %%", campaigns,
      kPairedRounds, kPairedMetrics, 100 * machine.spread, 100 * machine.drift));
}

// Equal targets: whatever is claimed is a false alarm.
SelfTestResult HoldEqualTargets(const PairedMachine& machine, const char* key,
                                const SelfTestOptions& options) {
  const Extent extent = options.fast ? kFast : kWhole;
  const Outcomes seen = Carry(machine, extent.campaigns, DeriveKey(options.seed, key));
  if (!seen.error.empty()) return Fail(seen.error);
  Figures figures;
  SayMachine(machine, extent.campaigns, &figures);
  if (machine.extend) figures.Say(absl::StrFormat("extended %d times", seen.extended));
  figures.Hold(
      absl::StrFormat("false alarms %.1f %% (%d, at most %d)",
                      100.0 * seen.alarms / extent.campaigns, seen.alarms, extent.most_alarms),
      seen.alarms <= extent.most_alarms);
  figures.Hold(
      absl::StrFormat("any difference claimed %.1f %% (%d, at most %d)",
                      100.0 * seen.claims / extent.campaigns, seen.claims, extent.most_claims),
      seen.claims <= extent.most_claims);
  return figures.Result();
}

}  // namespace

SelfTestResult TestAlike(const SelfTestOptions& options) {
  return HoldEqualTargets({}, "selftest alike", options);
}

// R27: whoever may look twice must not be wrong more often for it.
SelfTestResult TestTwoLooks(const SelfTestOptions& options) {
  return HoldEqualTargets({.extend = true}, "selftest looks", options);
}

SelfTestResult TestTenPercentSlower(const SelfTestOptions& options) {
  const PairedMachine machine{.slowdown = kSlowdown};
  const Outcomes seen = Carry(machine, kDifferent, DeriveKey(options.seed, "selftest slower"));
  if (!seen.error.empty()) return Fail(seen.error);
  Figures figures;
  SayMachine(machine, kDifferent, &figures);
  figures.Hold(absl::StrFormat("SLOWER %d (at least 95)", seen.slower), seen.slower >= 95);
  figures.Hold(
      absl::StrFormat("interval holds %.2f %d times (at least 89)", kSlowdown, seen.covered),
      seen.covered >= 89);
  return figures.Result();
}

SelfTestResult TestOnePercentSlower(const SelfTestOptions& options) {
  const PairedMachine machine{.slowdown = 1.01};
  const Outcomes seen = Carry(machine, kDifferent, DeriveKey(options.seed, "selftest slightly"));
  if (!seen.error.empty()) return Fail(seen.error);
  Figures figures;
  SayMachine(machine, kDifferent, &figures);
  figures.Hold(absl::StrFormat("SLOWER %d (at most 7)", seen.slower), seen.slower <= 7);
  figures.Hold(absl::StrFormat("FASTER %d (at most 7)", seen.faster), seen.faster <= 7);
  return figures.Result();
}

// A campaign cannot ask for blocks: its order is the seed's. That they would mislead is shown here
// with the same machine, and that pairs do not, by S1, which drifts as much.
SelfTestResult TestDrift(const SelfTestOptions& options) {
  const uint64_t key = DeriveKey(options.seed, "selftest drift");
  const Outcomes blocked = Carry({.interleaved = false}, kDifferent, key);
  const Outcomes paired = Carry({}, kDifferent, key);
  if (!blocked.error.empty()) return Fail(blocked.error);
  if (!paired.error.empty()) return Fail(paired.error);
  Figures figures;
  figures.Of(absl::StrFormat("%d campaigns of equal targets, drift 20 %%", kDifferent));
  figures.Hold(absl::StrFormat("first one target, then the other: %d false alarms (over 20)",
                               blocked.alarms),
               blocked.alarms > 20);
  figures.Hold(absl::StrFormat("the campaign's pairs: %d (at most 7)", paired.alarms),
               paired.alarms <= 7);
  return figures.Result();
}

}  // namespace weir
