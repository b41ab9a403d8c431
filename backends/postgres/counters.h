// Statistics views as counters: how far each column went up between two readings. Whatever columns
// the server's version has are taken, so that no list of them has to be kept.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <utility>
#include <vector>

#include "backends/api/observer.h"

namespace weir {

struct CounterView {
  const char* name;       // "pg_stat_wal", the group of what is observed
  const char* sql;        // all columns; the first is a label where `labelled`
  bool labelled = false;  // several rows, of which only what changed is worth telling
  int first_version = 0;  // of the server; 170000
};

// Those that matter to somebody who loads the database.
const std::vector<CounterView>& CounterViews();

struct CounterReading {
  std::vector<std::pair<std::string, double>> values;  // in the view's order
  std::string reset;                                   // when the server last began from zero
};

CounterReading ReadCounters(const CounterView& view, const PGresult* rows);

// Adds the increases, and a gap when the server began anew between the readings.
void AddIncrease(const CounterView& view, const CounterReading& before, const CounterReading& after,
                 ObservedFacts* facts);

}  // namespace weir
