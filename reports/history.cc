#include "reports/history.h"

#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

#include "base/printable.h"
#include "reports/comparison_text.h"
#include "reports/metrics.h"
#include "reports/quantity.h"
#include "reports/run_comparison.h"
#include "reports/text_table.h"

namespace weir {
namespace {

// Scenario, target, operation, metric.
using Key = std::tuple<std::string, std::string, std::string, std::string>;

std::string ValueText(const History& history, double value) {
  const Metric* metric = FindMetric(history.metric);
  return metric == nullptr ? absl::StrFormat("%.4g", value) : HumanText(*metric, value, 0);
}

std::string HeadText(const History& history) {
  const History& h = history;
  return absl::StrCat(h.scenario, ", ", h.metric, " of ", h.operation, " on ", h.target, ": ",
                      h.points.size(), h.points.size() == 1 ? " run" : " runs", ", last ",
                      ValueText(h, h.points.back().value),
                      h.changes.empty() ? ", no change of level found" : "");
}

std::string ChangeText(const History& history, const LevelChange& change) {
  const HistoryPoint& first = history.points[change.at];
  return absl::StrCat("from ", first.run, " on (", UtcText(first.started_unix_ns),
                      "): ", DifferenceText(change.after / change.before), ", ",
                      ValueText(history, change.before), " to ", ValueText(history, change.after),
                      " (p ", change.p < 0.0001 ? "< 0.0001" : absl::StrFormat("= %.4f", change.p),
                      ")");
}

// A spreadsheet would run a text that begins so as a formula.
std::string Cell(const std::string& text) {
  const bool formula =
      !text.empty() && std::string("=+-@\t\r\n").find(text[0]) != std::string::npos;
  const std::string safe = formula ? "'" + text : text;
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  return "\"" + absl::StrReplaceAll(safe, {{"\"", "\"\""}}) + "\"";
}

}  // namespace

bool CanBeTrusted(const v1::RunResult& run) {
  return run.verdict().validity() == v1::VALIDITY_VALID ||
         run.verdict().validity() == v1::VALIDITY_DEGRADED;
}

std::vector<History> HistoryOf(absl::Span<const v1::RunResult> runs,
                               const std::vector<std::string>& metrics) {
  std::map<Key, History> histories;
  for (const v1::RunResult& run : runs) {
    if (!CanBeTrusted(run)) continue;
    // A run beside itself: its numbers, by the rules of all comparisons of runs.
    for (const RunDifference& number : DifferencesOf(run, run, metrics)) {
      History& history =
          histories[{number.scenario, number.target, number.operation, number.metric}];
      history.scenario = number.scenario;
      history.target = number.target;
      history.operation = number.operation;
      history.metric = number.metric;
      history.points.push_back({run.id(), run.started_unix_ns(), number.other});
    }
  }
  std::vector<History> all;
  for (auto& [key, history] : histories) {
    std::vector<double> values;
    for (const HistoryPoint& point : history.points) values.push_back(point.value);
    history.changes = FindLevelChanges(values, {});
    all.push_back(std::move(history));
  }
  return all;
}

std::string HistoryText(const std::vector<History>& histories, int width) {
  std::string text;
  for (const History& history : histories) {
    text += Wrapped(Printable(HeadText(history)), width, "    ");
    for (const LevelChange& change : history.changes) {
      absl::StrAppend(&text, "  ",
                      Wrapped(Printable(ChangeText(history, change)), width - 2, "      "));
    }
  }
  return text;
}

std::string HistoryCsv(const std::vector<History>& histories) {
  std::string text = "scenario,target,operation,metric,run,started_utc,value,change_of_level\r\n";
  for (const History& history : histories) {
    for (size_t i = 0; i < history.points.size(); ++i) {
      const HistoryPoint& point = history.points[i];
      std::string change;
      for (const LevelChange& found : history.changes) {
        if (found.at == i) change = absl::StrFormat("%.4f", found.after / found.before);
      }
      absl::StrAppend(&text, Cell(history.scenario), ",", Cell(history.target), ",",
                      Cell(history.operation), ",", Cell(history.metric), ",", Cell(point.run), ",",
                      UtcIso(point.started_unix_ns), ",",
                      MachineText(*FindMetric(history.metric), point.value), ",", change, "\r\n");
    }
  }
  return text;
}

}  // namespace weir
