#include "reports/page_heat.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/status.h"
#include "measure/tally.h"
#include "reports/planned_response.h"
#include "reports/series.h"

namespace weir {
namespace {

using nlohmann::json;

constexpr uint32_t kMostColumns = 150;

int RowOf(uint64_t ns) {
  const double us = std::max(static_cast<double>(ns) / 1e3, 1.0);
  return static_cast<int>(std::floor(std::log10(us) * kHeatRowsPerDecade));
}

using Column = std::map<int, uint64_t>;  // operations by row

Column ColumnOf(const SeriesPoint& point) {
  Column column;
  for (const Tally& tally : point.operations) {
    tally.response.ForEachBucket(
        [&column](uint64_t ns, uint64_t count) { column[RowOf(ns)] += count; });
  }
  return column;
}

uint64_t UnsuccessfulIn(const SeriesPoint& point) {
  uint64_t count = 0;
  for (const Tally& tally : point.operations) {
    count += Settled(tally.counts()) - tally.counts().ok();
  }
  return count;
}

json Cells(const Column& column, int first, int last) {
  json cells = json::array();
  for (int row = first; row <= last; ++row) {
    const auto found = column.find(row);
    cells.push_back(found == column.end() ? 0 : found->second);
  }
  return cells;
}

}  // namespace

absl::StatusOr<json> HeatData(const ResultsStore& store, const v1::RunResult& run,
                              const v1::Leg& leg) {
  if (!leg.open_loop()) return nullptr;
  WEIR_ASSIGN_OR_RETURN(const uint32_t width, WidthFor(store, run.id(), leg, kMostColumns));
  std::vector<Column> columns;
  json unsuccessful = json::array();
  WEIR_RETURN_IF_ERROR(ForEachPoint(store, run.id(), leg, width, [&](const SeriesPoint& point) {
    if (point.stage == v1::PHASE_LOAD) return;
    columns.push_back(ColumnOf(point));
    unsuccessful.push_back(UnsuccessfulIn(point));
  }));
  int first = 0;
  int last = -1;
  for (const Column& column : columns) {
    if (column.empty()) continue;
    first = last < first ? column.begin()->first : std::min(first, column.begin()->first);
    last = std::max(last, column.rbegin()->first);
  }
  if (last < first) return nullptr;
  json cells = json::array();
  for (const Column& column : columns) cells.push_back(Cells(column, first, last));
  return json{{"width", width},
              {"first_row", first},
              {"rows", last - first + 1},
              {"columns", std::move(cells)},
              {"unsuccessful", std::move(unsuccessful)}};
}

}  // namespace weir
