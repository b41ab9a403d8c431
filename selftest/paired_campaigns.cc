#include "selftest/paired_campaigns.h"

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "selftest/virtual_run.h"
#include "selftest/virtual_server.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/status.h"
#include "coordinator/leg_verdict.h"
#include "reports/comparison.h"
#include "reports/comparison_design.h"

namespace weir {
namespace {

constexpr const char* kTargets[] = {"first", "second"};
constexpr size_t kPairedTargets = 2;
constexpr const char* kMetrics[kPairedMetrics] = {"response_p50_us", "response_p90_us",
                                                  "ok_response_mean_us"};
constexpr int64_t kServiceNs = 2 * kNsPerMs;
// A tenth of what the server can do: most requests find it free, so that response times grow as
// service times do.
constexpr VirtualLoad kLoad = {.rate = 50, .seconds = 4, .sessions = 4};

v1::RunResult EmptyRun(uint64_t seed, bool extend) {
  VirtualLoad load = kLoad;
  load.seed = seed;
  v1::RunResult run;
  v1::Campaign& campaign = *run.mutable_campaign();
  campaign = VirtualCampaign(load);
  campaign.clear_targets();
  for (const char* target : kTargets) campaign.add_targets()->set_name(target);
  v1::Comparison* compare = campaign.mutable_compare();
  compare->set_rounds(kPairedRounds);
  compare->set_extend(extend);
  compare->set_threshold(0.03);
  compare->set_margin(0.05);
  for (const char* metric : kMetrics) compare->add_metrics()->set_metric(metric);
  return run;
}

double Normal(uint64_t key, uint64_t slot) {
  DrawStream draws(key, slot);
  const double radius = std::sqrt(-2 * std::log(1 - draws.Unit()));
  return radius * std::cos(2 * std::numbers::pi * draws.Unit());
}

// Target and round of each slot, in the order in which they run.
struct Slot {
  uint32_t target;
  uint32_t round;
};

std::vector<Slot> SlotsOf(const v1::Campaign& campaign, bool interleaved) {
  std::vector<Slot> slots;
  const uint32_t most = campaign.compare().extend() ? 2 * kPairedRounds : kPairedRounds;
  for (uint32_t round = 1; round <= most; ++round) {
    for (const uint32_t target : RoundOrder(campaign.seed(), 0, round, {0, 1})) {
      slots.push_back({target, round});
    }
  }
  if (interleaved) return slots;
  for (uint32_t i = 0; i < slots.size(); ++i) {
    slots[i] = {i / kPairedRounds, i % kPairedRounds + 1};
  }
  return slots;
}

absl::Status AddLeg(const Slot& slot, int64_t service_ns, v1::RunResult* run) {
  const auto index = static_cast<uint32_t>(run->legs_size());
  VirtualServer server({.service_ns = service_ns, .seed = Draw(run->campaign().seed(), index)});
  WEIR_ASSIGN_OR_RETURN(const VirtualRunResult measured,
                        RunInVirtualTime(run->campaign(), 1, server));
  v1::Leg* leg = run->add_legs();
  leg->set_index(index);
  leg->set_scenario(run->campaign().scenarios(0).name());
  leg->set_target(kTargets[slot.target]);
  leg->set_round(slot.round);
  leg->set_open_loop(true);
  leg->add_operations()->set_name("read");
  v1::PhaseResult* result = leg->add_results();
  result->set_phase(v1::PHASE_MEASURE);
  *result->mutable_total() = measured.total.ToProto();
  JudgeLeg(run->campaign(), leg);
  return absl::OkStatus();
}

// What leads to the extension in production (coordinator/round_repeats.cc).
bool AnyUnshown(const v1::ComparisonResult& whole) {
  const auto& compared = whole.compared();
  return std::any_of(compared.begin(), compared.end(), [](const v1::Compared& one) {
    return one.finding() == v1::FINDING_NO_DIFFERENCE_SHOWN;
  });
}

}  // namespace

// Thousands of runs take and give back histograms of a quarter of a megabyte each: most of the time
// would be the kernel's, handing out the same pages anew.
void KeepFreedMemory() {
  constexpr int kKept = 512 << 20;
  mallopt(M_MMAP_THRESHOLD, kKept);
  mallopt(M_TRIM_THRESHOLD, kKept);
}

absl::StatusOr<v1::ComparisonResult> ComparePaired(const PairedMachine& machine, uint64_t seed) {
  v1::RunResult run = EmptyRun(seed, machine.extend);
  const std::vector<Slot> slots = SlotsOf(run.campaign(), machine.interleaved);
  const uint64_t noise = DeriveKey(seed, "paired noise");
  for (size_t i = 0; i < slots.size(); ++i) {
    if (i == kPairedTargets * kPairedRounds && !AnyUnshown(CompareRounds(run))) break;
    const double time = static_cast<double>(i) / static_cast<double>(slots.size() - 1);
    const double factor = std::exp(machine.spread * Normal(noise, i)) * (1 + machine.drift * time) *
                          (slots[i].target == 1 ? machine.slowdown : 1);
    WEIR_RETURN_IF_ERROR(
        AddLeg(slots[i], static_cast<int64_t>(static_cast<double>(kServiceNs) * factor), &run));
  }
  return CompareRounds(run);
}

}  // namespace weir
