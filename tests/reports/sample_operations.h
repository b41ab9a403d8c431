// The operations of the made-up run of sample_run.h: what each leg does, how fast, and what goes
// wrong on the way, drawn second by second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"

#include "measure/tally.h"
#include "proto/campaign.pb.h"
#include "proto/results.pb.h"
#include "tests/reports/sample_evidence.h"

namespace weir::test {

struct SampleOperation {
  const char* name;
  v1::OperationKind kind;
  uint32_t weight;
  uint32_t batch;
  bool single_partition;
  double response_ms;  // median on a calm PostgreSQL
  double ru;
  uint32_t records;
};

struct SampleLeg {
  uint32_t index;
  const char* scenario;
  bool cosmos;
  bool open;
  uint32_t load_seconds;
  uint32_t warm_up;
  uint32_t measure;
  uint32_t per_second;
  const SampleOperation* operations;
  size_t operation_count;
};

absl::Span<const SampleLeg> SampleLegs();

SampleEvidence EvidenceOf(const SampleLeg& leg);

// Sums that a leg's results and shares are made of, beside the intervals themselves; the shares by
// agent.
using SampleKey = std::pair<v1::Phase, uint32_t>;
struct LegNumbers {
  std::map<SampleKey, Tally> totals;
  std::map<std::pair<uint32_t, SampleKey>, Tally> shares;
};

// Visits the leg's intervals on the way, the same each time.
LegNumbers SampleNumbers(const SampleLeg& leg,
                         absl::FunctionRef<void(v1::Phase stage, const v1::Interval&)> visit);

}  // namespace weir::test
