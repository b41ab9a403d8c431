#include "agent/headroom_scenario.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"

namespace weir {
namespace {

// Factors are taken to a hundredth.
constexpr uint32_t kHundred = 100;

// A worker spends 200 ns on an operation at the very least.
constexpr double kMostPerWorker = 5e6;

double PerSecond(const v1::Rate& rate) {
  if (rate.per_ns() == 0) return 0;
  return static_cast<double>(rate.operations()) * 1e9 / static_cast<double>(rate.per_ns());
}

v1::Rate PeakOf(const v1::OpenLoop& open) {
  v1::Rate peak = open.rate();
  const auto consider = [&peak](const v1::Rate& rate) {
    if (PerSecond(rate) > PerSecond(peak)) peak = rate;
  };
  for (const v1::RateStage& stage : open.stages()) {
    if (stage.has_from()) consider(stage.from());
    consider(stage.to());
  }
  return peak;
}

}  // namespace

v1::Scenario HeadroomScenario(const v1::Scenario& scenario, double factor, int64_t length_ns) {
  v1::Scenario faster = scenario;
  faster.mutable_phases()->clear_load();
  faster.mutable_phases()->clear_warm_up();
  faster.mutable_phases()->mutable_measure()->set_ns(length_ns);
  v1::OpenLoop* open = faster.mutable_shape()->mutable_open();
  const auto hundredths = static_cast<uint32_t>(std::lround(factor * kHundred));
  if (open->arrivals() == v1::ARRIVAL_PROCESS_REPLAY) {
    v1::Replay* replay = open->mutable_replay();
    replay->set_speed_numerator(replay->speed_numerator() * hundredths);
    replay->set_speed_denominator(replay->speed_denominator() * kHundred);
    return faster;
  }
  double times = factor * kHundred;
  if (open->arrivals() == v1::ARRIVAL_PROCESS_BURST) {
    times *= std::max(1.0, open->burst().factor());
    open->set_arrivals(v1::ARRIVAL_PROCESS_POISSON);
    open->clear_burst();
  }
  v1::Rate rate = PeakOf(*open);
  rate.set_operations(rate.operations() * static_cast<uint64_t>(std::llround(times)));
  rate.set_per_ns(rate.per_ns() * kHundred);
  open->clear_stages();
  *open->mutable_rate() = rate;
  return faster;
}

absl::Status CheckHeadroom(uint64_t operations, int64_t length_ns, uint32_t agents,
                           uint32_t workers) {
  const double threads = std::max(1u, agents) * static_cast<double>(std::max(1u, workers));
  const double each =
      static_cast<double>(operations) * 1e9 / static_cast<double>(length_ns) / threads;
  if (each <= kMostPerWorker) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrFormat(
      "%.3g operations a second for each of %d worker threads: no thread can start more than %.0f "
      "million; use more agents or more cores, or lower the rate",
      each, static_cast<int>(threads), kMostPerWorker / 1e6));
}

}  // namespace weir
