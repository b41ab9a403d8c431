#include "coordinator/live/dashboard.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/live/live_json.h"
#include "coordinator/live/run_metrics.h"
#include "reports/leg_text.h"

namespace weir {
namespace {

constexpr int64_t kPulseNs = 10 * kNsPerSecond;

}  // namespace

absl::StatusOr<std::unique_ptr<Dashboard>> Dashboard::Start(const DashboardSettings& settings) {
  std::unique_ptr<Dashboard> dashboard(new Dashboard);
  WEIR_ASSIGN_OR_RETURN(dashboard->server_, StartDashboardServer(settings, dashboard->feed_));
  return dashboard;
}

void Dashboard::RunChanged(const LiveRun& run, int64_t now_ns) {
  feed_.Replace("run", LiveRunJson(run));
  TellLegs(run, now_ns);
  PublishMetrics(run);
  Changed(run, now_ns);
}

void Dashboard::TellLegs(const LiveRun& run, int64_t now_ns) {
  for (size_t i = 0; i < run.legs().size(); ++i) {
    const LiveLeg& leg = run.legs()[i];
    if (!leg.over || !told_.insert(i).second) continue;
    Line(absl::StrCat(leg.scenario, " on ", leg.target, ": ", ValidityWord(leg.validity)), now_ns);
  }
}

// A step may be asked of one agent and then of the others; it is named once.
void Dashboard::StepBegins(const LiveRun& run, int64_t now_ns) {
  if (run.Activity() != activity_) Line(run.Activity(), now_ns);
  activity_ = run.Activity();
  Changed(run, now_ns);
}

void Dashboard::PublishMetrics(const LiveRun& run) {
  feed_.Publish(kOpenMetricsDocument, RunMetrics(run, MetricsFormat::kOpenMetrics));
  feed_.Publish(kMetricsTextDocument, RunMetrics(run, MetricsFormat::kPrometheusText));
}

void Dashboard::Changed(const LiveRun& run, int64_t now_ns) {
  changed_ns_ = now_ns;
  feed_.Replace("now", LiveNowJson(run, now_ns));
}

void Dashboard::Second(const LiveRun& run, int64_t now_ns) {
  feed_.Append("second", LivePointJson(run.point()));
  PublishMetrics(run);
  Changed(run, now_ns);
}

void Dashboard::Line(const std::string& text, int64_t now_ns) {
  feed_.Append("line", LiveLineJson(now_ns, text));
}

void Dashboard::Tick(const LiveRun& run, int64_t now_ns) {
  if (now_ns - changed_ns_ >= 2 * kNsPerSecond) Changed(run, now_ns);
  if (now_ns - pulsed_ns_ < kPulseNs) return;
  pulsed_ns_ = now_ns;
  server_->Pulse();
}

void Dashboard::Finished(std::string report_html) {
  feed_.Publish(kReportDocument, std::move(report_html));
  feed_.Replace("report", "{}");
}

}  // namespace weir
