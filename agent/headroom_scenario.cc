#include "agent/headroom_scenario.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_format.h"

#include "generators/replay_file.h"

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

// Operations in the busiest second of a replay at its speed; 0 when its file cannot be read, which
// is said where the replay itself is made.
uint64_t BusiestSecond(const v1::Replay& replay) {
  const absl::StatusOr<ReplayFile> file = ReadReplayFile(replay.path());
  if (!file.ok() || replay.speed_denominator() == 0) return 0;
  const double recorded_ns = 1e9 * replay.speed_numerator() / replay.speed_denominator();
  const std::vector<int64_t>& offsets = file->offsets_ns;
  size_t busiest = 0;
  for (size_t first = 0, last = 0; last < offsets.size(); ++last) {
    while (static_cast<double>(offsets[last] - offsets[first]) >= recorded_ns) ++first;
    busiest = std::max(busiest, last - first + 1);
  }
  return busiest;
}

}  // namespace

v1::Scenario HeadroomScenario(const v1::Scenario& scenario, double factor, int64_t length_ns) {
  v1::Scenario faster = scenario;
  faster.mutable_phases()->clear_load();
  faster.mutable_phases()->clear_warm_up();
  faster.mutable_phases()->mutable_measure()->set_ns(length_ns);
  v1::OpenLoop* open = faster.mutable_shape()->mutable_open();
  if (open->arrivals() == v1::ARRIVAL_PROCESS_REPLAY) {
    const uint64_t busiest = BusiestSecond(open->replay());
    if (busiest == 0) return faster;
    open->set_arrivals(v1::ARRIVAL_PROCESS_POISSON);
    open->clear_replay();
    open->mutable_rate()->set_operations(busiest);
    open->mutable_rate()->set_per_ns(1'000'000'000);
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
      "%.3g operations a second for each of %d worker threads, and no thread can start more than "
      "%.0f million",
      each, static_cast<int>(threads), kMostPerWorker / 1e6));
}

}  // namespace weir
