// The gates that a leg has to pass for its numbers to be true: one table with name, limit and what
// to do when it fails. They judge the generator and its surroundings, never the database.
#pragma once

#include <cstdint>
#include <string>

#include "proto/results.pb.h"

namespace weir {

enum class Gate : uint8_t {
  kDispatched,
  kGeneratorShare,
  kWatchdog,
  kWorkerCpu,
  kCoreCpu,
  kQuota,
  kSteal,
  kNetwork,
  kRetransmits,
  kOverflow,
  kLostReports,
  kClocksource,
  kAgreement,
};

struct GateRow {
  Gate gate;
  const char* name;
  double most;             // the limit as a number; for kDispatched the least
  const char* limit_text;  // as the report says it
  const char* advice;
};

const GateRow& RowOf(Gate gate);
double LimitOf(Gate gate);

// A gap of the watchdog longer than this fails by itself; LimitOf(kWatchdog) is the share that
// shorter ones, above 10 ms, may take together.
inline constexpr uint64_t kLongestGapNs = 100'000'000;

// An operation taken up later than this after its due time was not dispatched when planned.
inline constexpr uint64_t kDispatchedInTimeNs = 1'000'000'000;

// CPU and network are judged over every span of this length.
inline constexpr int64_t kPeakSpanNs = 5'000'000'000;

// Whether a clock source counts time evenly and is cheap to read.
bool IsGoodClocksource(const std::string& name);

// `agent`: whose value it is; empty: of the merged result.
v1::GateResult MakeGateResult(Gate gate, const std::string& agent, bool passed,
                              const std::string& saw);

// What could not be had is said, and neither passes in silence nor fails: "not measured: …".
v1::GateResult NotMeasured(Gate gate, const std::string& agent, const std::string& why);

}  // namespace weir
