// Quantiles are over all planned operations: with 5 % unanswered p99 is infinite, which a report
// shows as "> timeout" and no limit can accept; and the verdict on the run says so.
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "selftest/figures.h"
#include "selftest/self_test.h"
#include "selftest/virtual_run.h"
#include "selftest/virtual_server.h"

#include "base/clock.h"
#include "coordinator/leg_verdict.h"
#include "reports/metrics.h"
#include "reports/report.h"
#include "reports/result_row.h"

namespace weir {
namespace {

v1::RunResult AsRun(const v1::Campaign& campaign, const Tally& tally) {
  v1::RunResult run;
  *run.mutable_campaign() = campaign;
  v1::Threshold* limit = run.mutable_campaign()->mutable_scenarios(0)->add_thresholds();
  limit->set_metric("response_p99_us");
  limit->set_at_most(1e9);
  v1::Leg* leg = run.add_legs();
  leg->set_scenario(campaign.scenarios(0).name());
  leg->set_target("virtual");
  leg->set_open_loop(true);
  leg->add_operations()->set_name("read");
  v1::PhaseResult* result = leg->add_results();
  result->set_phase(v1::PHASE_MEASURE);
  *result->mutable_total() = tally.ToProto();
  JudgeLeg(campaign, leg);
  JudgeRun(&run);
  for (v1::ThresholdResult& judged : JudgeThresholds(run)) {
    *run.add_thresholds() = std::move(judged);
  }
  return run;
}

void Check(const v1::RunResult& run, double timeout_us, Figures* figures) {
  const auto row = TotalRow(run, run.legs(0), v1::PHASE_MEASURE);
  const Metric& p99 = *FindMetric("response_p99_us");
  const std::optional<double> value = ValueOf(p99, *row);
  figures->Hold(absl::StrCat("p99 \"", HumanText(p99, value, timeout_us), "\""),
                value.has_value() && std::isinf(*value));
  const std::optional<double> p50 = ValueOf("response_p50_us", *row);
  figures->Hold(absl::StrFormat("p50 %.2f ms", p50.value_or(0) / 1e3),
                p50.has_value() && std::isfinite(*p50));
  const bool degraded = run.verdict().validity() == v1::VALIDITY_DEGRADED;
  figures->Hold(
      absl::StrCat("DEGRADED", degraded ? absl::StrCat(" (", run.verdict().reasons(0), ")") : ""),
      degraded);
  figures->Hold("no limit on p99 is met", run.thresholds_size() == 1 && !run.thresholds(0).met());
}

}  // namespace

SelfTestResult TestTimedOutShare(const SelfTestOptions& options) {
  VirtualServer server(
      {.service_ns = kNsPerSecond / 2000, .silent_share = 0.05, .seed = options.seed});
  const int64_t timeout_ns = kNsPerSecond;
  const v1::Campaign campaign = VirtualCampaign({.rate = 1000,
                                                 .seconds = 60,
                                                 .sessions = 200,
                                                 .timeout_ns = timeout_ns,
                                                 .seed = options.seed});
  const auto run = RunInVirtualTime(campaign, 1, server);
  if (!run.ok()) return Fail(run.status().message());
  const v1::Tally& counts = run->total.counts();
  Figures figures;
  figures.Of(absl::StrFormat("%.2f %% of %d timed out", 100.0 * counts.timed_out() / run->planned,
                             run->planned));
  figures.Hold("all accounted for", counts.ok() + counts.timed_out() == run->planned);
  Check(AsRun(campaign, run->total), static_cast<double>(timeout_ns) / 1e3, &figures);
  return figures.Result();
}

}  // namespace weir
