// From HTTP status to verdict, and from the answers to several requests to one outcome. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/api/operation.h"

namespace weir::cosmos {

// What a session must do before its next operation; the worst of several counts.
enum class Trouble : uint8_t { kNone, kRangesStale, kConnectionLost, kNoConnection };

struct Judgement {
  Verdict verdict = Verdict::kOk;
  bool retryable = false;
  Trouble trouble = Trouble::kNone;
};

// Of one request, or of one operation within a batch. `message`: the server's words. A 404 says
// kNotFound only where it is about the document: with a kind that names one, and its container
// there.
Judgement Judge(OperationKind kind, int status, int substatus, std::string_view message);

// The outcome of an operation that takes several requests: sums, and the verdict that weighs most.
// Throttling weighs more than the rest, because a retry can only help there; a retry of what cannot
// succeed fails again, by itself.
class OutcomeSum {
 public:
  void Clear();

  void AddTraffic(uint64_t bytes_sent, uint64_t bytes_received, MilliRu charge);
  void AddThrottledPart() { ++outcome_.throttled_parts; }
  void Note(const Judgement& judgement, std::string_view detail, int64_t retry_after_ns);

  Outcome& outcome() { return outcome_; }
  Trouble trouble() const { return trouble_; }
  bool ok() const { return outcome_.verdict == Verdict::kOk; }
  // The words that belong to the verdict.
  const std::string& detail() const { return detail_; }

 private:
  Outcome outcome_;
  Trouble trouble_ = Trouble::kNone;
  std::string detail_;
};

}  // namespace weir::cosmos
