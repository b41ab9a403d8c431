// How far the response times of one leg are known from that leg alone (R24). Not how another run
// would come out: that takes a comparison. Private to the writers.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "proto/results.pb.h"
#include "reports/results_store.h"

namespace weir {

struct WithinRun {
  std::string metric;  // "response_p99_us"
  double low_us = 0;
  double high_us = 0;  // infinite where it lies among operations without success
};

// "11.8 … 13.0 ms", for people.
std::string WithinRunText(const WithinRun& interval);

// Over all operations of the measure phase; empty when that was shorter than 300 s, or a closed
// loop.
absl::StatusOr<std::vector<WithinRun>> WithinRunOf(const ResultsStore& store,
                                                   const v1::RunResult& run, const v1::Leg& leg);

}  // namespace weir
