#include "coordinator/cli/run_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "coordinator/agent_shares.h"
#include "coordinator/campaign_run.h"
#include "coordinator/cli/await_fetch.h"
#include "coordinator/cli/check_command.h"
#include "coordinator/cli/duration_option.h"
#include "coordinator/cli/init_command.h"
#include "coordinator/cli/json_sample.h"
#include "coordinator/cli/report_files.h"
#include "coordinator/cli/run_conditions.h"
#include "coordinator/cli/run_prices.h"
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

// A run is never written over another.
absl::Status CheckFresh(ResultsStore& store, const std::string& run_id) {
  if (run_id.empty()) return absl::OkStatus();
  const auto stored = store.LoadRun(run_id);
  if (!stored.ok() || stored->id() != run_id) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat("there is a run ", run_id, " in the results store: give another --run-id"));
}

bool ThresholdMissed(const v1::RunResult& run) {
  return std::any_of(run.thresholds().begin(), run.thresholds().end(),
                     [](const v1::ThresholdResult& threshold) { return !threshold.met(); });
}

// No rate at all keeps to the objective.
bool NothingSustained(const v1::RunResult& run) {
  return std::any_of(run.capacities().begin(), run.capacities().end(),
                     [](const v1::CapacityResult& capacity) {
                       return capacity.finding() == v1::CAPACITY_FINDING_NONE;
                     });
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
  if (end.agents_missing) return kExitAgentsMissing;
  if (end.target_unreachable) return kExitTarget;
  if (RefusedForHeadroom(end.result)) return kExitNoHeadroom;
  if (!end.result.budget().reached().empty()) return kExitBudget;
  if (end.agent_lost) return kExitAgentLost;
  if (end.result.verdict().validity() == v1::VALIDITY_INVALID) return kExitRunInvalid;
  if (end.result.verdict().validity() == v1::VALIDITY_PARTIAL) return kExitRunPartial;
  const bool missed = ThresholdMissed(end.result) || NothingSustained(end.result);
  return missed ? kExitThreshold : kExitValid;
}

}  // namespace

void AddRunOptions(CLI::App* command, RunOptions* options) {
  CLI::Option* out =
      command
          ->add_option("--out", options->out,
                       "Folder for report.html, report.md, report.json, run.hlog and the CSV files")
          ->type_name("DIR");
  CLI::Option* agents =
      command->add_option("--agents", options->agents, "Local agent processes to start")
          ->check(CLI::Range(1, 1000))
          ->capture_default_str()
          ->type_name("N");
  AddControlOptions(command, agents, &options->control);
  AddDuration(command, "--max-start-skew", &options->max_start_skew_ns,
              "An agent that starts later after the others makes the run INVALID (default: 10ms)");
  command
      ->add_option("--confirm", options->confirmed,
                   "Drop what this database holds, where it is not on this machine; write to it "
                   "though its name sounds like production; repeatable")
      ->allow_extra_args(false)
      ->take_all()
      ->type_name("DATABASE");
  AddDuration(command, "--await-fetch", &options->await_fetch_ns,
              "When the report is written, go on running until it is fetched (the file `fetched` "
              "is in the folder), at most so long: for containers")
      ->needs(out);
  command->add_flag("--quiet", options->quiet, "No progress, only the result");
  command->add_flag("--override-gates", options->override_gates,
                    "Go on where a gate fails on agents or machine; stamps the run UNVERIFIED");
  AddDashboardOptions(command, &options->dashboard);
  AddPriceOptions(command, &options->prices);
  command->footer(
      "Examples:\n"
      "  weir run campaigns/sqlite.yaml --out out/sqlite\n"
      "  weir run campaigns/quickstart.yaml --set scenarios.mixed.phases.measure=1m\n"
      "  weir run campaign.yaml --listen 0.0.0.0:7070 --expect-agents 12 --tls certs\n"
      "  weir run campaigns/quickstart.yaml --dashboard\n\n"
      "Ctrl-C stops the load within a second; what was measured is kept and reported.");
}

ExitCode RunCommand(const RunOptions& options) {
  ChosenPrices prices;
  const CampaignReading reading =
      ReadAndReport(options.campaign, options.overrides, options.prices, &prices);
  if (!reading.problems.empty()) return kExitBadCampaign;
  if (options.searches && !reading.campaign.has_capacity()) {
    std::fprintf(stderr,
                 "%s: a search needs an objective: give --response-p99 or another, or the "
                 "campaign a section 'capacity'\n",
                 options.campaign.c_str());
    return kExitBadCampaign;
  }
  const absl::StatusOr<ControlPlan> control = PlanControl(options.control);
  if (!control.ok()) {
    std::fprintf(stderr, "weir run: %s\n", std::string(control.status().message()).c_str());
    return kExitUsage;
  }
  const uint32_t agents = options.control.remote() ? control->agents : options.agents;
  // How many there are is not known yet where it was left open; RunControl looks again.
  const std::string clash = WhyNotShared(reading.campaign, std::max(1u, agents));
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
  if (const absl::Status fresh = CheckFresh(**store, options.control.run_id); !fresh.ok()) {
    return Fail(fresh);
  }
  const auto dashboard = StartDashboard(options.dashboard);
  if (!dashboard.ok()) return Fail(dashboard.status());
  const CampaignRunOptions run_options{
      .agents = static_cast<int>(agents),
      .run_id = options.control.run_id,
      .listen = control->listen,
      .dial = control->dial,
      .security = control->security,
      .health = control->health,
      .join_timeout_ns = options.control.join_timeout_ns,
      .join_window_ns = options.control.join_window_ns,
      .lease_ns = options.control.lease_ns,
      .quiet = options.quiet,
      .store_path = options.store,
      .max_start_skew_ns = options.max_start_skew_ns,
      .override_gates = options.override_gates,
      .min_agents = control->min_agents,
      .running_costs = RunningCosts(reading.campaign, *RegionOf(prices.book, prices.region)),
      .droppable = ConfirmedTargets(reading.campaign, options.confirmed),
      .dashboard = dashboard->get(),
      .json_bytes_per_record = JsonBytesPerRecord(reading.campaign),
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
  absl::Status status = PriceRun(**store, prices, &end->result);
  if (!status.ok()) return Fail(status);
  if (status = (*store)->SaveRun(end->result); !status.ok()) return Fail(status);
  std::fputs(TextReport(**store, end->result, TerminalWidth(), TerminalColours()).c_str(), stdout);
  std::printf("run %s in %s\n", end->result.id().c_str(), options.store.c_str());
  if (!options.out.empty()) {
    const absl::Status written = WriteReportFiles(**store, end->result, {}, options.out);
    if (!written.ok()) return Fail(written);
  }
  if (end->result.verdict().validity() == v1::VALIDITY_UNVERIFIED) {
    std::fputs("weir run: the gates were overridden: this run is UNVERIFIED, do not rely on it\n",
               stderr);
  }
  if (*dashboard != nullptr) {
    ShowReport(**store, end->result, options.dashboard, **dashboard);
  }
  if (options.await_fetch_ns > 0) AwaitFetch(options.out, options.await_fetch_ns);
  return Judge(*end);
}

}  // namespace weir
