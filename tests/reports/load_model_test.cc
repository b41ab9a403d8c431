// What reports say of runs of the agents' own worker, in virtual time, on a server that stalls or
// keeps silent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "selftest/virtual_run.h"
#include "selftest/virtual_server.h"

#include "base/clock.h"
#include "reports/report.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Tally Drive(const VirtualLoad& load, const VirtualServerSettings& settings) {
  VirtualServer server(settings);
  auto run = RunInVirtualTime(VirtualCampaign(load), 1, server);
  EXPECT_TRUE(run.ok()) << run.status();
  return std::move(run->total);
}

// What the terminal shows of it.
std::string Report(const VirtualLoad& load, const Tally& tally) {
  v1::RunResult run;
  run.set_id("virtual");
  run.set_state(v1::RUN_STATE_FINISHED);
  *run.mutable_campaign() = VirtualCampaign(load);
  v1::Leg* leg = run.add_legs();
  leg->set_scenario(run.campaign().scenarios(0).name());
  leg->set_target("virtual");
  leg->set_open_loop(!load.closed);
  leg->set_sessions(load.sessions);
  leg->add_operations()->set_name("read");
  v1::PhaseSpan* span = leg->add_spans();
  span->set_phase(v1::PHASE_MEASURE);
  span->set_duration_ns(load.seconds * kNsPerSecond);
  v1::PhaseResult* result = leg->add_results();
  result->set_phase(v1::PHASE_MEASURE);
  *result->mutable_total() = tally.ToProto();
  return TextReport(run, 140, false);
}

// 1 ms of service, and 2 s without an answer.
constexpr VirtualServerSettings kStalling = {
    .service_ns = kNsPerMs, .stall_from_ns = 5 * kNsPerSecond, .stall_until_ns = 7 * kNsPerSecond};
constexpr char kLabel[] = "throughput only; tail omits queueing";

TEST(LoadModel, AStallIsSeenByAnOpenLoopOnlyAndTheClosedLoopIsLabelled) {
  const VirtualLoad open = {.rate = 500, .seconds = 20, .sessions = 4};
  const Tally opened = Drive(open, kStalling);
  EXPECT_GT(opened.response.ValueAtQuantile(0.95), uint64_t{kNsPerSecond});
  EXPECT_THAT(Report(open, opened), Not(HasSubstr(kLabel)));

  const VirtualLoad closed = {.closed = true, .seconds = 20, .sessions = 4};
  const Tally looped = Drive(closed, kStalling);
  EXPECT_LT(looped.response.ValueAtQuantile(0.999), uint64_t{10 * kNsPerMs});
  EXPECT_THAT(Report(closed, looped), HasSubstr(kLabel));
}

TEST(LoadModel, WithTwoPercentOfTimeoutsP99IsBeyondTheTimeout) {
  const VirtualLoad load = {
      .rate = 1000, .seconds = 30, .sessions = 200, .timeout_ns = kNsPerSecond};
  const Tally tally = Drive(load, {.service_ns = kNsPerMs / 2, .silent_share = 0.02});
  EXPECT_NEAR(static_cast<double>(tally.counts().timed_out()), 600, 100);
  const std::string report = Report(load, tally);
  EXPECT_THAT(report, HasSubstr("> 1 s")) << report;
}

TEST(LoadModel, WithHalfAPercentOfTimeoutsP99IsATime) {
  const VirtualLoad load = {
      .rate = 1000, .seconds = 30, .sessions = 200, .timeout_ns = kNsPerSecond};
  const Tally tally = Drive(load, {.service_ns = kNsPerMs / 2, .silent_share = 0.005});
  const auto lines = Report(load, tally);
  // p99.9 is beyond the timeout, p99 is not.
  EXPECT_EQ(lines.find("> 1 s"), lines.rfind("> 1 s")) << lines;
}

}  // namespace
}  // namespace weir
