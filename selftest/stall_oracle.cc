// A FIFO server at load rho stands still for S in a run of length T with constant arrivals:
// response times fall linearly from S to nothing over S ÷ (1 − rho), so that the quantile q is
// exactly S − (1 − q)·T·(1 − rho) plus the service time. A harness that waits for answers before it
// sends again (coordinated omission) shows one slow operation per session instead.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "selftest/figures.h"
#include "selftest/self_test.h"
#include "selftest/virtual_run.h"
#include "selftest/virtual_server.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr uint64_t kRate = 1000;
constexpr int64_t kSeconds = 100;
constexpr int64_t kStallSeconds = 5;
constexpr uint32_t kSessions = 8;
constexpr double kTolerance = 0.02;

double Expected(double q, double load, int64_t service_ns) {
  const double beyond_s = (1 - q) * kSeconds * (1 - load);
  return (kStallSeconds - beyond_s) * kNsPerSecond + static_cast<double>(service_ns);
}

void Check(double load, const VirtualRunResult& run, int64_t service_ns, Figures* figures) {
  const Tally& total = run.total;
  figures->Of(absl::StrFormat("rho %g", load));
  for (const auto& [name, q] : {std::pair{"p99", 0.99}, std::pair{"p99.9", 0.999}}) {
    figures->Near(name, static_cast<double>(total.response.ValueAtQuantile(q)),
                  Expected(q, load, service_ns), kTolerance);
  }
  // What is in flight when the server stops waits there, one operation per session; all others wait
  // for a session. Behind each other the sessions' requests take as many service times.
  const auto service = static_cast<double>(total.service.ValueAtQuantile(0.99));
  figures->Hold(absl::StrFormat("service p99 %.1f ms", service / 1e6),
                service <= kSessions * static_cast<double>(service_ns) * 1.01 + 1000);
  if (total.counts().ok() != run.planned) {
    figures->Hold(absl::StrFormat("all %d planned operations done", run.planned), false);
  }
}

}  // namespace

SelfTestResult TestStallOracle(const SelfTestOptions& options) {
  Figures figures;
  for (const double load : {0.0, 0.5, 0.8}) {
    const auto service_ns = static_cast<int64_t>(load * kNsPerSecond / kRate);
    const int64_t stall_ns = kVirtualStartNs + 30 * kNsPerSecond;
    VirtualServer server({.service_ns = service_ns,
                          .stall_from_ns = stall_ns,
                          .stall_until_ns = stall_ns + kStallSeconds * kNsPerSecond});
    const v1::Campaign campaign = VirtualCampaign({.rate = kRate,
                                                   .seconds = kSeconds,
                                                   .arrivals = v1::ARRIVAL_PROCESS_CONSTANT,
                                                   .sessions = kSessions,
                                                   .seed = options.seed});
    const auto run = RunInVirtualTime(campaign, 1, server);
    if (!run.ok()) return Fail(run.status().message());
    Check(load, *run, service_ns, &figures);
  }
  return figures.Result();
}

}  // namespace weir
