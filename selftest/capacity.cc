// The search for capacity, its judge and the agents' own worker on servers whose capacity is known.
// Of an M/M/1 queue response times are exponential with rate mu - lambda: p99 is the objective's
// limit at lambda = mu - ln 100 / p99. A server that absorbs a burst for its first seconds sustains
// no more than what it serves afterwards.
#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "selftest/figures.h"
#include "selftest/self_test.h"
#include "selftest/virtual_run.h"
#include "selftest/virtual_server.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/status.h"
#include "coordinator/backlog_watch.h"
#include "coordinator/capacity_search.h"
#include "coordinator/probe_judge.h"

namespace weir {
namespace {

// A step of 60 s knows the p99 of such a queue at its capacity to 9 %, which are 0.9 % of the rate.
constexpr double kServed = 5000;  // per second
constexpr int64_t kP99Ns = 10 * kNsPerMs;
constexpr double kTolerance = 0.03;  // R31

// Fixed service times need less.
constexpr double kAbsorberServed = 1000;
constexpr int64_t kBriskNs = 5 * kNsPerSecond;

v1::Capacity Settings(int64_t p99_ns) {
  v1::Capacity capacity;
  capacity.mutable_objective()->mutable_response_p99()->set_ns(p99_ns);
  capacity.mutable_objective()->set_errors(0.001);
  capacity.mutable_objective()->set_throttled(0.01);
  capacity.mutable_objective()->set_backlog(0.001);
  capacity.set_precision(0.02);
  capacity.mutable_settle()->set_ns(15 * kNsPerSecond);
  capacity.mutable_step()->set_ns(60 * kNsPerSecond);
  capacity.mutable_confirm()->set_ns(300 * kNsPerSecond);
  capacity.set_confirmations(3);
  return capacity;
}

bool IsLong(const v1::Probe& probe) {
  return probe.purpose() == v1::PROBE_PURPOSE_CONFIRM ||
         probe.purpose() == v1::PROBE_PURPOSE_REFUTE;
}

Slope BacklogOf(const VirtualRunResult& run, uint32_t first, uint32_t end) {
  BacklogWatch watch;
  for (uint32_t i = 0; i < run.seconds.size(); ++i) {
    MergedSecond second;
    second.second = i;
    auto tally = std::make_unique<Tally>();
    tally->counts().set_planned(run.seconds[i].planned);
    tally->counts().set_ok(run.seconds[i].settled);
    second.tallies[{v1::PHASE_MEASURE, 0, 0}] = std::move(tally);
    watch.Add(second);
  }
  return watch.Growth(first, end);
}

// The probe as RunControl would have it driven and judged, on a server that is new.
absl::Status Drive(const v1::Capacity& capacity, VirtualServerSettings server_settings,
                   uint64_t seed, v1::Probe* probe) {
  const int64_t settle_s = capacity.settle().ns() / kNsPerSecond;
  const int64_t step_s =
      (IsLong(*probe) ? capacity.confirm().ns() : capacity.step().ns()) / kNsPerSecond;
  server_settings.seed = seed;
  VirtualServer server(server_settings);
  WEIR_ASSIGN_OR_RETURN(
      const VirtualRunResult run,
      RunInVirtualTime(
          VirtualCampaign({.rate = static_cast<uint64_t>(std::llround(probe->offered_per_s())),
                           .seconds = step_s,
                           .sessions = 1,
                           .seed = seed,
                           .warm_up_seconds = settle_s}),
          1, server));
  v1::Leg leg;
  *leg.mutable_probe() = *probe;
  leg.mutable_verdict()->set_validity(v1::VALIDITY_VALID);
  leg.add_results()->set_phase(v1::PHASE_MEASURE);
  *leg.mutable_results(0)->mutable_total() = run.measured.ToProto();
  leg.add_spans()->set_phase(v1::PHASE_MEASURE);
  leg.mutable_spans(0)->set_duration_ns(step_s * kNsPerSecond);
  JudgeProbe(
      capacity.objective(),
      BacklogOf(run, static_cast<uint32_t>(settle_s), static_cast<uint32_t>(settle_s + step_s)),
      &leg);
  *probe = leg.probe();
  return absl::OkStatus();
}

absl::StatusOr<CapacitySearch> Search(const v1::Capacity& capacity,
                                      const VirtualServerSettings& server, uint64_t seed) {
  CapacitySearch search(capacity, kServed / 8);
  uint64_t probes = 0;
  while (std::optional<v1::Probe> probe = search.Next()) {
    WEIR_RETURN_IF_ERROR(Drive(capacity, server, Draw(seed, ++probes), &*probe));
    search.Saw(probe->end());
  }
  return search;
}

bool Confirmed(const CapacitySearch& search) {
  return search.finding() == v1::CAPACITY_FINDING_CONFIRMED;
}

absl::Status SearchQueue(const SelfTestOptions& options, Figures* figures) {
  const double truth = kServed - std::log(100) * kNsPerSecond / kP99Ns;
  const int searches = options.fast ? 1 : 3;
  figures->Of(absl::StrFormat("M/M/1, capacity %.0f/s", truth));
  for (int i = 0; i < searches; ++i) {
    WEIR_ASSIGN_OR_RETURN(
        const CapacitySearch search,
        Search(Settings(kP99Ns), {.service_ns = int64_t{1'000'000'000 / 5000}, .exponential = true},
               Draw(DeriveKey(options.seed, "selftest capacity"), static_cast<uint64_t>(i))));
    const double off = search.low_per_s() / truth - 1;
    figures->Hold(absl::StrFormat("found %.0f-%.0f/s (%+.1f %%)", search.low_per_s(),
                                  search.high_per_s(), 100 * off),
                  Confirmed(search) && std::abs(off) <= kTolerance);
  }
  return absl::OkStatus();
}

// R32: what a buffer takes in for 5 s is not sustained.
absl::Status SearchAbsorber(const SelfTestOptions& options, Figures* figures) {
  const VirtualServerSettings server{.service_ns = int64_t{1'000'000'000 / 1000},
                                     .brisk_until_ns = kVirtualStartNs + kBriskNs};
  const uint64_t seed = DeriveKey(options.seed, "selftest absorber");
  figures->Of("burst absorber of 5 s, serves 1000/s then");
  v1::Capacity naive = Settings(50 * kNsPerMs);
  naive.clear_settle();
  naive.mutable_step()->set_ns(kBriskNs);
  v1::Probe burst;
  burst.set_purpose(v1::PROBE_PURPOSE_SEARCH);
  burst.set_offered_per_s(4 * kAbsorberServed);
  WEIR_RETURN_IF_ERROR(Drive(naive, server, seed, &burst));
  figures->Hold("5 s alone would pass 4000/s", burst.end() == v1::PROBE_END_PASSED);
  v1::Capacity capacity = Settings(50 * kNsPerMs);
  if (options.fast) capacity.mutable_confirm()->set_ns(60 * kNsPerSecond);
  WEIR_ASSIGN_OR_RETURN(const CapacitySearch search, Search(capacity, server, seed));
  figures->Hold(absl::StrFormat("found %.0f-%.0f/s", search.low_per_s(), search.high_per_s()),
                Confirmed(search) && search.low_per_s() < kAbsorberServed &&
                    search.low_per_s() > 0.9 * kAbsorberServed);
  return absl::OkStatus();
}

}  // namespace

SelfTestResult TestCapacitySearch(const SelfTestOptions& options) {
  Figures figures;
  absl::Status status = SearchQueue(options, &figures);
  if (status.ok()) status = SearchAbsorber(options, &figures);
  return status.ok() ? figures.Result() : Fail(status.message());
}

}  // namespace weir
