#include "coordinator/cli/run_command.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "coordinator/campaign_run.h"
#include "coordinator/cli/check_command.h"
#include "coordinator/cli/init_command.h"
#include "coordinator/cli/report_files.h"
#include "coordinator/cli/run_conditions.h"
#include "coordinator/cli/terminal.h"
#include "reports/comparison.h"
#include "reports/report.h"
#include "reports/results_store.h"

namespace weir {
namespace {

ExitCode Fail(const absl::Status& status) {
  std::fprintf(stderr, "weir run: %s\n", std::string(status.message()).c_str());
  return kExitFailure;
}

// Every agent needs a session of every stage, or its part of the plan would not be carried out.
std::string CheckSessions(const v1::Campaign& campaign, uint32_t agents) {
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    const bool load = scenario.phases().has_load();
    const v1::LoadShape& shape = scenario.shape();
    const uint32_t driving = shape.has_open()     ? shape.open().sessions()
                             : shape.has_closed() ? shape.closed().sessions()
                                                  : agents;
    const uint32_t fewest = load ? std::min(driving, scenario.phases().load().sessions()) : driving;
    if (fewest >= agents) continue;
    return absl::StrCat("scenario ", scenario.name(), ": ", fewest,
                        " sessions cannot be shared by ", agents,
                        " agents; give it more sessions or the run fewer agents");
  }
  return "";
}

std::string CheckSharing(const v1::Campaign& campaign, uint32_t agents) {
  for (const v1::Target& target : campaign.targets()) {
    if (agents > 1 && target.sqlite().path() == ":memory:") {
      return absl::StrCat("target ", target.name(),
                          ": each agent has an in-memory database of its own; run with --agents 1 "
                          "or give it a file");
    }
  }
  return CheckSessions(campaign, agents);
}

bool ThresholdMissed(const v1::RunResult& run) {
  return std::any_of(run.thresholds().begin(), run.thresholds().end(),
                     [](const v1::ThresholdResult& threshold) { return !threshold.met(); });
}

bool RefusedForHeadroom(const v1::RunResult& run) {
  const auto& legs = run.legs();
  return std::any_of(
             legs.begin(), legs.end(),
             [](const v1::Leg& leg) { return leg.has_headroom() && !leg.headroom().proven(); }) &&
         std::all_of(legs.begin(), legs.end(),
                     [](const v1::Leg& leg) { return leg.results().empty(); });
}

ExitCode Judge(const CampaignRunEnd& end) {
  if (end.interrupted) return kExitInterrupted;
  if (end.target_unreachable) return kExitTarget;
  if (RefusedForHeadroom(end.result)) return kExitNoHeadroom;
  if (end.result.verdict().validity() == v1::VALIDITY_INVALID) return kExitRunInvalid;
  if (end.result.verdict().validity() == v1::VALIDITY_PARTIAL) return kExitRunPartial;
  return ThresholdMissed(end.result) ? kExitThreshold : kExitValid;
}

}  // namespace

ExitCode RunCommand(const RunOptions& options) {
  const CampaignReading reading = ReadAndReport(options.campaign, options.overrides);
  if (!reading.problems.empty()) return kExitBadCampaign;
  const uint32_t agents = options.listen.empty() ? options.agents : options.expect_agents;
  const std::string clash = CheckSharing(reading.campaign, agents);
  if (!clash.empty()) {
    std::fprintf(stderr, "%s: %s\n", options.campaign.c_str(), clash.c_str());
    return kExitBadCampaign;
  }
  const std::string production = UnconfirmedProduction(reading.campaign, options.confirmed);
  if (!production.empty()) {
    std::fputs(production.c_str(), stderr);
    return kExitTarget;
  }
  const auto store = OpenResultsStore(options.store);
  if (!store.ok()) return Fail(store.status());
  const CampaignRunOptions run_options{.agents = static_cast<int>(agents),
                                       .listen = options.listen,
                                       .quiet = options.quiet,
                                       .store_path = options.store,
                                       .max_start_skew_ns = options.max_start_skew_ns,
                                       .override_gates = options.override_gates,
                                       .tolerate_agent_loss = options.tolerate_agent_loss,
                                       .conditions = RunConditions(reading.text)};
  absl::StatusOr<CampaignRunEnd> end =
      RunCampaign(reading.campaign, reading.text, run_options, **store);
  if (!end.ok()) return Fail(end.status());
  for (v1::ThresholdResult& threshold : JudgeThresholds(end->result)) {
    *end->result.add_thresholds() = std::move(threshold);
  }
  if (reading.campaign.has_compare()) {
    *end->result.mutable_comparison() = CompareRounds(end->result);
  }
  if (absl::Status status = (*store)->SaveRun(end->result); !status.ok()) return Fail(status);
  std::fputs(TextReport(end->result, TerminalWidth(), TerminalColours()).c_str(), stdout);
  std::printf("run %s in %s\n", end->result.id().c_str(), options.store.c_str());
  if (!options.out.empty()) {
    const absl::Status written = WriteReportFiles(**store, end->result, {}, options.out);
    if (!written.ok()) return Fail(written);
  }
  if (end->result.verdict().validity() == v1::VALIDITY_UNVERIFIED) {
    std::fputs("weir run: the gates were overridden: this run is UNVERIFIED, do not rely on it\n",
               stderr);
  }
  return Judge(*end);
}

}  // namespace weir
