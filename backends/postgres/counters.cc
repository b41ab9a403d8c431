#include "backends/postgres/counters.h"

#include <map>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace weir {
namespace {

// Types of counters, as PostgreSQL numbers them. Smaller integers are gauges: numbackends.
bool IsCounter(Oid type) {
  constexpr Oid kInt8 = 20;
  constexpr Oid kFloat8 = 701;
  constexpr Oid kNumeric = 1700;
  return type == kInt8 || type == kFloat8 || type == kNumeric;
}

std::string UnitOf(const std::string& column) {
  if (absl::EndsWith(column, "_time")) return "ms";
  return absl::EndsWith(column, "_bytes") ? "bytes" : "";
}

}  // namespace

const std::vector<CounterView>& CounterViews() {
  static const std::vector<CounterView> views = {
      {"pg_stat_bgwriter", "SELECT * FROM pg_stat_bgwriter"},
      {"pg_stat_checkpointer", "SELECT * FROM pg_stat_checkpointer", false, 170000},
      {"pg_stat_wal", "SELECT * FROM pg_stat_wal", false, 140000},
      {"pg_stat_database", "SELECT * FROM pg_stat_database WHERE datname = current_database()"},
      {"pg_stat_io", "SELECT concat_ws(', ', backend_type, object, context), * FROM pg_stat_io",
       true, 160000},
  };
  return views;
}

CounterReading ReadCounters(const CounterView& view, const PGresult* rows) {
  CounterReading reading;
  for (int row = 0; row < PQntuples(rows); ++row) {
    const std::string label = view.labelled ? absl::StrCat(PQgetvalue(rows, row, 0), ": ") : "";
    for (int column = 0; column < PQnfields(rows); ++column) {
      const std::string name = PQfname(rows, column);
      const char* text = PQgetvalue(rows, row, column);
      double value = 0;
      if (name == "stats_reset") absl::StrAppend(&reading.reset, text, " ");
      if (!IsCounter(PQftype(rows, column)) || !absl::SimpleAtod(text, &value)) continue;
      reading.values.emplace_back(label + name, value);
    }
  }
  return reading;
}

void AddIncrease(const CounterView& view, const CounterReading& before, const CounterReading& after,
                 ObservedFacts* facts) {
  if (before.reset != after.reset) {
    facts->gaps.push_back(
        absl::StrCat(view.name, ": somebody set the counters back during the measurement"));
    return;
  }
  const std::map<std::string_view, double> known(before.values.begin(), before.values.end());
  for (const auto& [name, value] : after.values) {
    const auto start = known.find(name);
    if (start == known.end() || (view.labelled && value == start->second)) continue;
    facts->counters.push_back({view.name, name, value - start->second, UnitOf(name)});
  }
}

}  // namespace weir
