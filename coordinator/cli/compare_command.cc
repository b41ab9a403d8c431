#include "coordinator/cli/compare_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/status.h"
#include "coordinator/cli/store_commands.h"
#include "coordinator/cli/terminal.h"
#include "reports/comparison_text.h"
#include "reports/gate.h"
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

absl::StatusOr<bool> Gate(const std::string& path, const GateOptions& options) {
  for (const std::string& name : options.metrics) {
    const Metric* metric = FindMetric(name);
    if (metric != nullptr && BetterOf(*metric) != Better::kNeither) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        name,
        metric == nullptr ? " is no number that Weir reports" : " is neither better nor worse",
        metric == nullptr
            ? absl::StrCat("; did you mean ", std::string(NearestMetricName(name)), "?")
            : " when it grows"));
  }
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
