#include "coordinator/cli/dashboard_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/cli/duration_option.h"
#include "coordinator/interrupts.h"
#include "reports/report.h"

namespace weir {
namespace {

constexpr char kTokenVariable[] = "WEIR_DASHBOARD_TOKEN";
constexpr size_t kShortestToken = 16;
constexpr int64_t kShortLingerNs = 5 * kNsPerSecond;
constexpr int64_t kPulseNs = 10 * kNsPerSecond;

std::string TokenFromEnvironment() {
  const char* token = std::getenv(kTokenVariable);
  return token == nullptr ? "" : token;
}

absl::Status CheckToken(const std::string& token) {
  if (token.empty()) return absl::OkStatus();
  const bool plain = token.find_first_not_of(
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                         "0123456789-_") == std::string::npos;
  if (token.size() >= kShortestToken && plain) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      kTokenVariable, " must be at least ", kShortestToken,
      " characters of A-Z, a-z, 0-9, - and _, and hard to guess: try `openssl rand -hex 32`"));
}

}  // namespace

void AddDashboardOptions(CLI::App* command, DashboardOptions* options) {
  CLI::Option* dashboard =
      command
          ->add_flag("--dashboard{127.0.0.1:0}", options->listen,
                     "Show the run in a browser while it goes, and its report at the end; "
                     "--dashboard=HOST:PORT chooses where (default: a free port of 127.0.0.1)")
          ->type_name("[=HOST:PORT]");
  command
      ->add_flag("--dashboard-exposed", options->exposed,
                 "The dashboard may be where other machines can connect. It is not encrypted")
      ->needs(dashboard);
  AddDuration(command, "--dashboard-linger", &options->linger_ns,
              "Serve the report for so long after the run (default: on a terminal until Ctrl-C, "
              "elsewhere, and after an interrupt, 5s)")
      ->needs(dashboard);
}

absl::StatusOr<std::unique_ptr<Dashboard>> StartDashboard(const DashboardOptions& options) {
  if (options.listen.empty()) return nullptr;
  const std::string token = TokenFromEnvironment();
  WEIR_RETURN_IF_ERROR(CheckToken(token));
  WEIR_ASSIGN_OR_RETURN(
      std::unique_ptr<Dashboard> dashboard,
      Dashboard::Start({.listen = options.listen, .exposed = options.exposed, .token = token}));
  // A token that the user chose is the user's secret: it is not printed.
  std::fprintf(stderr, "dashboard: %s%s\n", dashboard->server().Url(token.empty()).c_str(),
               token.empty()
                   ? ""
                   : absl::StrCat(" (with ?token= and the value of ", kTokenVariable, ")").c_str());
  return dashboard;
}

void ShowReport(const ResultsStore& store, const v1::RunResult& run,
                const DashboardOptions& options, Dashboard& dashboard) {
  absl::StatusOr<std::string> html = HtmlReport(store, run);
  if (!html.ok()) {
    std::fprintf(stderr, "weir run: the dashboard cannot show the report: %s\n",
                 std::string(html.status().message()).c_str());
    return;
  }
  dashboard.Finished(*std::move(html));
  // Who has interrupted the run wants to get on, but may want to see what came of it.
  const bool patient = isatty(STDERR_FILENO) != 0 && run.state() != v1::RUN_STATE_INTERRUPTED;
  const bool until_told = options.linger_ns < 0 && patient;
  const int64_t linger_ns = options.linger_ns < 0 ? kShortLingerNs : options.linger_ns;
  std::fflush(stdout);
  if (until_told) {
    std::fprintf(stderr, "the dashboard shows the report until you press Ctrl-C: %s\n",
                 dashboard.server().Url(TokenFromEnvironment().empty()).c_str());
  }
  const InterruptWatch watch;
  const int64_t begun_ns = MonotonicNs();
  int64_t pulsed_ns = begun_ns;
  while (watch.count() == 0 && (until_told || MonotonicNs() - begun_ns < linger_ns)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (MonotonicNs() - pulsed_ns < kPulseNs) continue;
    pulsed_ns = MonotonicNs();
    dashboard.Pulse();
  }
}

}  // namespace weir
