// What a session is asked to do, and what became of it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

#include "backends/api/record.h"

namespace weir {

enum class OperationKind : uint8_t { kInsert, kUpsert, kRead, kReplace, kDelete, kQuery };
inline constexpr int kOperationKinds = 6;

constexpr bool Writes(OperationKind kind) {
  return kind != OperationKind::kRead && kind != OperationKind::kQuery;
}

// Which records of a batch have been applied. Kept by the worker across the attempts of one
// operation; reused from operation to operation.
class AppliedRecords {
 public:
  void Reset(uint32_t records) {
    applied_.assign(records, false);
    count_ = 0;
  }
  bool Contains(uint32_t position) const { return applied_[position]; }
  void Add(uint32_t position) {
    if (!applied_[position]) ++count_;
    applied_[position] = true;
  }
  uint32_t count() const { return count_; }
  uint32_t size() const { return static_cast<uint32_t>(applied_.size()); }

 private:
  std::vector<bool> applied_;
  uint32_t count_ = 0;
};

// Everything it points to stays valid until the operation completes or is abandoned.
struct Operation {
  OperationKind kind = OperationKind::kRead;
  uint64_t first_record = 0;  // not for queries
  uint32_t records = 1;       // insert, upsert: first_record … first_record+records−1
  uint64_t revision = 0;      // of the record written
  uint32_t attempt = 1;       // 2, 3, … on a retry
  bool tell_keys = false;     // the outcome is to say which logical partition keys were used

  // An earlier attempt may have taken effect unseen. Only then is an insert whose record is there
  // already no conflict but done (R50): the record's id is its own.
  bool in_doubt = false;

  // Insert, upsert with records > 1: what earlier attempts have applied. A session that can apply
  // part of a batch sends only the rest and adds what it applied; one that cannot ignores it.
  AppliedRecords* applied = nullptr;

  const QuerySpec* query = nullptr;
  absl::Span<const Value> parameters;
};

// What the database answered. A failed operation is a measurement, not an error of ours.
enum class Verdict : uint8_t {
  kOk,
  kNotFound,   // no such record
  kConflict,   // exists already, or a condition failed
  kThrottled,  // refused for lack of throughput; nothing (more) was applied
  kTimedOut,   // no answer in time; effect unknown
  kFailed,     // the database said no
  kInDoubt,    // connection lost after sending; effect unknown
};
inline constexpr int kVerdicts = 7;

// Sent, and perhaps applied.
constexpr bool EffectUnknown(Verdict verdict) {
  return verdict == Verdict::kTimedOut || verdict == Verdict::kInDoubt;
}

constexpr std::string_view VerdictName(Verdict verdict) {
  constexpr std::string_view kNames[kVerdicts] = {"ok",        "not_found", "conflict", "throttled",
                                                  "timed_out", "failed",    "in_doubt"};
  return kNames[static_cast<int>(verdict)];
}

using MilliRu = int64_t;  // request units × 1000

// What one physical partition had of an attempt.
struct PartitionPart {
  int32_t partition = 0;
  uint32_t requests = 0;
  uint32_t throttled = 0;  // of them
  MilliRu charge = 0;
  int64_t server_time_ns = 0;  // summed over the requests
  MilliRu refused_charge = 0;  // part of the charge that refusals for lack of throughput cost
};

// What one operation on a logical partition had of an attempt.
struct KeyPart {
  std::string_view key;  // as JSON
  MilliRu charge = 0;    // of a batch, the mean of its request
};

struct Outcome {
  Verdict verdict = Verdict::kOk;
  bool retryable = false;        // trying again could help
  bool moved = false;            // retryable: sent to where the data no longer are, nothing applied
  bool in_doubt = false;         // whatever the verdict: a part may have been applied unseen
  uint32_t records = 0;          // rows or documents written or returned
  uint64_t bytes_sent = 0;       // payload, without protocol overhead below HTTP or the PostgreSQL
  uint64_t bytes_received = 0;   // message format
  MilliRu charge = 0;            // of this attempt, throttled parts included
  uint32_t throttled_parts = 0;  // requests inside this attempt that were throttled
  int64_t retry_after_ns = 0;    // how long the server asks to wait
  int64_t server_time_ns = 0;    // as the server states it; 0 when it does not
  int64_t held_ns = 0;           // that the session waited, by its own choice, with nothing sent
  int32_t partition = -1;        // physical partition, where known and only one
  // By physical partition, where known; valid during Complete only, before the next Start.
  absl::Span<const PartitionPart> parts;
  // By logical partition, a key as often as it was used: where that was asked for and is known.
  // Valid during Complete only, before the next Start.
  absl::Span<const KeyPart> keys;
  std::string_view detail;  // the server's words; valid during Complete only
};

}  // namespace weir
