#include "coordinator/cli/compare_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/printable.h"
#include "base/status.h"
#include "coordinator/cli/store_commands.h"
#include "coordinator/cli/terminal.h"
#include "reports/comparison_text.h"
#include "reports/gate.h"
#include "reports/history.h"
#include "reports/metrics.h"
#include "reports/output_file.h"
#include "reports/report.h"
#include "reports/run_comparison.h"
#include "reports/text_table.h"

namespace weir {
namespace {

std::string DifferencesText(const v1::RunResult& baseline, const v1::RunResult& other, int width) {
  TextTable table({{"scenario", 60, true},
                   {"target", 70, true},
                   {"operation", 50, true},
                   {"metric", 80, true},
                   {"before", 40},
                   {"now", 90},
                   {"difference", 100}});
  for (const RunDifference& difference : DifferencesOf(baseline, other, ComparedMetrics())) {
    const Metric& metric = *FindMetric(difference.metric);
    table.Add({Printable(difference.scenario), Printable(difference.target),
               Printable(difference.operation), difference.metric,
               HumanText(metric, difference.baseline, 0), HumanText(metric, difference.other, 0),
               DifferenceText(difference.ratio())});
  }
  std::string text = absl::StrCat(other.id(), " beside ", baseline.id(), "\n", table.Render(width));
  for (const std::string& what : WhatDiffers(baseline, other)) {
    text += Wrapped(absl::StrCat("  differs: ", Printable(what)), width, "    ");
  }
  return text;
}

absl::Status Compare(const std::string& path, const CompareOptions& options) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<ResultsStore> store, OpenExistingStore(path));
  WEIR_ASSIGN_OR_RETURN(const v1::RunResult baseline, store->LoadRun(options.runs[0]));
  const int width = TerminalWidth();
  if (options.runs.size() == 1) {
    if (!baseline.campaign().has_compare()) {
      return absl::InvalidArgumentError(
          "one run, and its campaign compares nothing: name a second run, or give the campaign the "
          "key 'compare'");
    }
    std::fputs(TextReport(baseline, width, TerminalColours()).c_str(), stdout);
    return absl::OkStatus();
  }
  for (size_t i = 1; i < options.runs.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(const v1::RunResult other, store->LoadRun(options.runs[i]));
    std::fputs(DifferencesText(baseline, other, width).c_str(), stdout);
  }
  const std::string closing =
      "no verdict: n = 1. What lies between two runs apart in time may be the machine as well as "
      "the database; a campaign with the key 'compare' runs both in turns and gives verdicts.";
  std::fputs(Wrapped(closing, width, "  ").c_str(), stdout);
  return absl::OkStatus();
}

absl::Status CheckMetricNames(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const Metric* metric = FindMetric(name);
    if (metric != nullptr && BetterOf(*metric) != Better::kNeither) continue;
    return absl::InvalidArgumentError(
        metric == nullptr ? absl::StrCat(name, " is no number that Weir reports; did you mean ",
                                         std::string(NearestMetricName(name)), "?")
                          : absl::StrCat(name, " is neither better nor worse when it grows"));
  }
  return absl::OkStatus();
}

// Oldest first. One that cannot be used is left out, and said.
absl::StatusOr<std::vector<v1::RunResult>> RunsOf(const ResultsStore& store,
                                                  const std::string& campaign) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<RunSummary> summaries, store.ListRuns());
  std::vector<v1::RunResult> runs;
  for (auto summary = summaries.rbegin(); summary != summaries.rend(); ++summary) {
    if (summary->campaign != campaign) continue;
    absl::StatusOr<v1::RunResult> run = store.LoadRun(summary->id);
    if (absl::IsDataLoss(run.status())) {
      std::fprintf(stderr, "left out: %s\n", std::string(run.status().message()).c_str());
      continue;
    }
    WEIR_RETURN_IF_ERROR(run.status());
    runs.push_back(*std::move(run));
  }
  if (!runs.empty()) return runs;
  return absl::NotFoundError(absl::StrCat("no run of a campaign called ", campaign, " is stored"));
}

absl::Status ShowHistory(const std::string& path, const HistoryOptions& options) {
  WEIR_RETURN_IF_ERROR(CheckMetricNames(options.metrics));
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<ResultsStore> store, OpenExistingStore(path));
  WEIR_ASSIGN_OR_RETURN(const std::vector<v1::RunResult> runs, RunsOf(*store, options.campaign));
  const std::vector<History> histories =
      HistoryOf(runs, options.metrics.empty() ? ComparedMetrics() : options.metrics);
  std::fputs(HistoryText(histories, TerminalWidth()).c_str(), stdout);
  const auto trusted = std::count_if(runs.begin(), runs.end(), CanBeTrusted);
  absl::PrintF("%d runs, of which %d can be trusted\n", runs.size(), trusted);
  if (options.csv.empty()) return absl::OkStatus();
  return WriteOutputFile(options.csv, HistoryCsv(histories));
}

absl::StatusOr<bool> Gate(const std::string& path, const GateOptions& options) {
  WEIR_RETURN_IF_ERROR(CheckMetricNames(options.metrics));
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<ResultsStore> store, OpenExistingStore(path));
  WEIR_ASSIGN_OR_RETURN(const v1::RunResult run, store->LoadRun(options.run));
  v1::RunResult baseline;
  if (!options.baseline.empty()) {
    WEIR_ASSIGN_OR_RETURN(baseline, store->LoadRun(options.baseline));
  }
  const std::vector<GateCheck> checks =
      CheckRun(run, options.baseline.empty() ? nullptr : &baseline,
               {.regression = options.most_regression / 100, .metrics = options.metrics});
  const int width = TerminalWidth();
  for (const GateCheck& check : checks) {
    std::fputs(check.passed ? "  pass  " : "  FAIL  ", stdout);
    std::fputs(Wrapped(Printable(absl::StrCat(check.name, ": ", check.saw)), width - 8, "        ")
                   .c_str(),
               stdout);
  }
  if (!options.junit.empty()) {
    WEIR_RETURN_IF_ERROR(WriteOutputFile(options.junit, GateJUnit(run, checks)));
  }
  if (!options.markdown.empty()) {
    WEIR_RETURN_IF_ERROR(WriteOutputFile(options.markdown, GateMarkdown(run, checks)));
  }
  std::printf("run %s %s\n", run.id().c_str(), Passes(checks) ? "passes" : "does not pass");
  return Passes(checks);
}

ExitCode Fail(const char* command, const absl::Status& status) {
  std::fprintf(stderr, "weir %s: %s\n", command, std::string(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailure;
}

}  // namespace

void AddCompareOptions(CLI::App* command, CompareOptions* options) {
  command->add_option("run", options->runs, "Ids, unique beginnings of ids, or latest")
      ->required()
      ->type_name("RUN");
  command->footer(
      "The first run is what the others are set beside: numbers and ratios, and no verdict, which "
      "takes a campaign with the key 'compare'. Of such a run alone, its verdicts.\n\n"
      "Example:\n"
      "  weir compare 20261121T0215 latest");
}

void AddGateOptions(CLI::App* command, GateOptions* options) {
  command->add_option("run", options->run, "Id, unique beginning of an id, or latest")
      ->required()
      ->type_name("RUN");
  command->add_option("--baseline", options->baseline, "A run that it must not fall behind")
      ->type_name("RUN");
  command
      ->add_option("--most-regression", options->most_regression,
                   "How much worse than the baseline a number may be, percent")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber)
      ->type_name("PERCENT");
  command
      ->add_option("--metric", options->metrics,
                   "Column of summary.csv to hold against the baseline; repeat for more")
      ->type_name("METRIC");
  command->add_option("--junit", options->junit, "Write the checks as JUnit XML")
      ->type_name("FILE");
  command->add_option("--markdown", options->markdown, "Write a summary in Markdown")
      ->type_name("FILE");
  command->footer(
      "Checks that the run can be trusted, that its thresholds are met, that its comparison found "
      "nothing SLOWER, and with --baseline that no number is much worse than it was.\n"
      "Exit code 0: passes; 10: does not.\n\n"
      "Example:\n"
      "  weir gate latest --baseline 20261121T0215 --junit gate.xml --markdown summary.md");
}

void AddHistoryOptions(CLI::App* command, HistoryOptions* options) {
  command->add_option("campaign", options->campaign, "Name of a campaign")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("--metric", options->metrics,
                   "Column of summary.csv to look at; repeat for more")
      ->type_name("METRIC");
  command->add_option("--csv", options->csv, "Write every value, for a chart")->type_name("FILE");
  command->footer(
      "Changes of more than 5 % between levels that a t-test tells apart at p 0.001 (E-divisive). "
      "For "
      "triage: some are nothing. Runs that cannot be trusted are left out.\n\n"
      "Example:\n"
      "  weir history nightly --metric response_p99_us");
}

ExitCode HistoryCommand(const std::string& store, const HistoryOptions& options) {
  const absl::Status status = ShowHistory(store, options);
  return status.ok() ? kExitValid : Fail("history", status);
}

ExitCode CompareCommand(const std::string& store, const CompareOptions& options) {
  const absl::Status status = Compare(store, options);
  return status.ok() ? kExitValid : Fail("compare", status);
}

ExitCode GateCommand(const std::string& store, const GateOptions& options) {
  const absl::StatusOr<bool> passes = Gate(store, options);
  if (!passes.ok()) return Fail("gate", passes.status());
  return *passes ? kExitValid : kExitGate;
}

}  // namespace weir
