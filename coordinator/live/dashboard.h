// What `weir run --dashboard` shows: brings a LiveRun's changes to a LiveFeed and serves it. Used
// on the thread of the run, which never waits for a browser.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"

#include "coordinator/live/dashboard_server.h"
#include "coordinator/live/live_feed.h"
#include "coordinator/live/live_run.h"

namespace weir {

class Dashboard {
 public:
  static absl::StatusOr<std::unique_ptr<Dashboard>> Start(const DashboardSettings& settings);

  const DashboardServer& server() const { return *server_; }

  // `now_ns` counts from the run's begin.
  void RunChanged(const LiveRun& run, int64_t now_ns);
  void StepBegins(const LiveRun& run, int64_t now_ns);
  void Second(const LiveRun& run, int64_t now_ns);  // run.point() is new
  void Line(const std::string& text, int64_t now_ns);
  void Tick(const LiveRun& run, int64_t now_ns);  // often; shows that time passes
  void Pulse() { server_->Pulse(); }              // where nothing changes any more
  void Finished(std::string report_html);

 private:
  Dashboard() = default;
  void Changed(const LiveRun& run, int64_t now_ns);
  void TellLegs(const LiveRun& run, int64_t now_ns);
  void PublishMetrics(const LiveRun& run);

  LiveFeed feed_;
  std::unique_ptr<DashboardServer> server_;
  std::string activity_;   // that the event log names
  std::set<size_t> told_;  // legs whose verdict it names
  int64_t changed_ns_ = 0;
  int64_t pulsed_ns_ = 0;
};

}  // namespace weir
