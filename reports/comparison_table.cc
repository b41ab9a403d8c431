#include "reports/comparison_table.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/printable.h"
#include "reports/comparison_design.h"
#include "reports/comparison_text.h"
#include "reports/metrics.h"
#include "reports/text_table.h"

namespace weir {
namespace {

std::string ValueText(const v1::Compared& compared, double value) {
  const Metric* metric = FindMetric(compared.metric());
  return metric == nullptr ? absl::StrFormat("%.4g", value) : HumanText(*metric, value, 0);
}

// "p99 of read"; the metric's own name says its unit.
std::string MetricText(const v1::Compared& compared) {
  return compared.operation().empty()
             ? compared.metric()
             : absl::StrCat(compared.metric(), " of ", compared.operation());
}

struct Columns {
  std::vector<TextColumn> heads = {{"round", 100}};
  std::vector<std::map<uint32_t, std::string>> cells;  // one map per column, by round
};

// A metric's baseline stands once before the targets that are compared with it.
Columns ColumnsOf(const v1::RunResult& run, const std::string& scenario) {
  Columns columns;
  std::string last_metric;
  for (const v1::Compared& compared : run.comparison().compared()) {
    if (compared.scenario() != scenario || compared.pairs().empty()) continue;
    const std::string metric = MetricText(compared);
    std::map<uint32_t, std::string> baseline;
    std::map<uint32_t, std::string> target;
    std::map<uint32_t, std::string> difference;
    for (const v1::ComparedPair& pair : compared.pairs()) {
      baseline[pair.round()] = ValueText(compared, pair.baseline());
      target[pair.round()] = ValueText(compared, pair.target());
      difference[pair.round()] = DifferenceText(pair.target() / pair.baseline());
    }
    if (std::exchange(last_metric, metric) != metric) {
      columns.heads.push_back({absl::StrCat(metric, " ", compared.baseline()), 50});
      columns.cells.push_back(std::move(baseline));
    }
    columns.heads.push_back({compared.target(), 60});
    columns.cells.push_back(std::move(target));
    columns.heads.push_back({"", 40});
    columns.cells.push_back(std::move(difference));
  }
  return columns;
}

}  // namespace

std::string DesignText(const v1::ComparisonResult& whole) {
  const std::string looks = whole.significance() == kSignificance ? ""
                            : whole.looks() > 1 ? ", the second and last look at them"
                                                : ", the first look of two that were allowed";
  return absl::StrFormat(
      "%d rounds, every target once in each, in an order from the seed; %d %s judged together at "
      "%.2g (Holm)%s; matters from %.3g %% on, equivalent within ±%.3g %%",
      whole.rounds(), whole.family(), whole.family() == 1 ? "comparison" : "comparisons",
      whole.significance(), looks, 100 * whole.threshold(), 100 * whole.margin());
}

std::string RoundsTable(const v1::RunResult& run, const std::string& scenario, int width) {
  const Columns columns = ColumnsOf(run, scenario);
  if (columns.cells.empty()) return "";
  std::vector<TextColumn> heads = columns.heads;
  for (TextColumn& head : heads) head.head = Printable(head.head);
  TextTable table(std::move(heads));
  for (uint32_t round = 1; round <= run.comparison().rounds(); ++round) {
    std::vector<std::string> row = {absl::StrCat(round)};
    for (const auto& column : columns.cells) {
      const auto cell = column.find(round);
      row.push_back(cell == column.end() ? "–" : cell->second);
    }
    table.Add(std::move(row));
  }
  return table.Render(width);
}

}  // namespace weir
