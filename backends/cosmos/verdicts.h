// From HTTP status to verdict, and from the answers to several requests to one outcome. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

  void AddTraffic(uint64_t bytes_sent, uint64_t bytes_received);
  // One request that this physical partition answered, or was sent.
  void AddRequest(int32_t partition, MilliRu charge, int64_t server_time_ns);
  // A request to it was refused for lack of throughput, or something in the request was; what of
  // its charge that cost.
  void AddThrottledPart(int32_t partition, MilliRu refused_charge);
  void Note(const Judgement& judgement, std::string_view detail, int64_t retry_after_ns);

  Outcome& outcome() { return outcome_; }
  // When all requests are answered: the outcome with its partitions. The server's time is that of
  // the partition that took longest, because partitions work side by side. Its parts are
  // valid until Clear.
  Outcome Conclude();
  Trouble trouble() const { return trouble_; }
  bool ok() const { return outcome_.verdict == Verdict::kOk; }
  // The words that belong to the verdict.
  const std::string& detail() const { return detail_; }

 private:
  PartitionPart& PartOf(int32_t partition);

  Outcome outcome_;
  std::vector<PartitionPart> parts_;
  Trouble trouble_ = Trouble::kNone;
  std::string detail_;
};

}  // namespace weir::cosmos
