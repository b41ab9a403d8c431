// One agent or fifty: the plan is the same byte for byte, and so is what they measure on a server
// that they share. Giving every agent rate ÷ agents from the start on, as many harnesses do, sends
// the operations of all agents at the same instants and measures the queue that this makes.
#include <algorithm>
#include <cmath>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "selftest/figures.h"
#include "selftest/self_test.h"
#include "selftest/virtual_run.h"
#include "selftest/virtual_server.h"

#include "base/clock.h"
#include "base/status.h"
#include "generators/dataset.h"
#include "generators/operation_plan.h"
#include "generators/sha256.h"

namespace weir {
namespace {

constexpr double kTolerance = 0.03;

double P99(const VirtualRunResult& run) {
  return static_cast<double>(run.total.response.ValueAtQuantile(0.99));
}

VirtualServer MakeServer(uint64_t seed) {
  return VirtualServer(
      {.service_ns = 7 * kNsPerSecond / 10'000, .exponential = true, .seed = seed});  // rho 0.7
}

absl::Status CheckPlan(const v1::Campaign& campaign, Figures* figures) {
  WEIR_ASSIGN_OR_RETURN(const std::string whole, MergedPlan(campaign, 1));
  for (const uint32_t agents : {7u, 50u}) {
    WEIR_ASSIGN_OR_RETURN(const std::string merged, MergedPlan(campaign, agents));
    if (merged != whole) figures->Hold(absl::StrCat("same plan of ", agents, " agents"), false);
  }
  Sha256 sha;
  sha.Update(whole);
  figures->Say(absl::StrCat("plan of ", whole.size(), " bytes ", sha.Hex().substr(0, 16)));
  return absl::OkStatus();
}

absl::Status Check(const v1::Campaign& campaign, uint64_t seed, Figures* figures) {
  figures->Of("N = 1, 7, 50");
  WEIR_RETURN_IF_ERROR(CheckPlan(campaign, figures));
  VirtualServer server = MakeServer(seed);
  WEIR_ASSIGN_OR_RETURN(const VirtualRunResult one, RunInVirtualTime(campaign, 1, server));
  figures->Say(absl::StrFormat("p99 %.3f ms", P99(one) / 1e6));
  for (const uint32_t agents : {7u, 50u}) {
    VirtualServer again = MakeServer(seed);
    WEIR_ASSIGN_OR_RETURN(const VirtualRunResult run, RunInVirtualTime(campaign, agents, again));
    figures->Hold(absl::StrFormat("%.3f ms", P99(run) / 1e6),
                  std::abs(P99(run) - P99(one)) <= kTolerance * P99(one) &&
                      run.total.counts().ok() == one.total.counts().ok());
  }
  VirtualServer crowded = MakeServer(seed);
  WEIR_ASSIGN_OR_RETURN(const VirtualRunResult naive,
                        RunWithARateOfItsOwnEach(campaign, 50, crowded));
  figures->Hold(absl::StrFormat("with rate ÷ 50 each it would be %.1f ms", P99(naive) / 1e6),
                P99(naive) > 2 * P99(one));
  return absl::OkStatus();
}

}  // namespace

SelfTestResult TestSplitInvariance(const SelfTestOptions& options) {
  Figures figures;
  const v1::Campaign campaign = VirtualCampaign({.rate = 1000,
                                                 .seconds = 60,
                                                 .arrivals = v1::ARRIVAL_PROCESS_CONSTANT,
                                                 .sessions = 150,
                                                 .seed = options.seed});
  const absl::Status status = Check(campaign, options.seed, &figures);
  return status.ok() ? figures.Result() : Fail(status.message());
}

}  // namespace weir
