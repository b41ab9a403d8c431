// Faults that an administrator has asked for: which requests are answered with which failure, how
// often and for how long. Any thread.
#pragma once

#include <simdjson.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace weir::cosmos::emulator {

enum class FaultKind : uint8_t {
  kThrottle,            // 429/3200
  kRetryWith,           // 449
  kUnavailable,         // 503
  kTimeout,             // 408
  kSessionUnavailable,  // 404/1002
  kGone,                // the request's partition is split first: 410/1002 if it names the range
  kDelay,               // the answer comes later
  kDropReply,           // carried out, and the connection is closed without an answer
};

struct Fault {
  FaultKind kind = FaultKind::kThrottle;
  int64_t retry_after_ms = 0;
  int64_t delay_ms = 0;
};

// What a rule looks at.
struct FaultSubject {
  std::string_view operation;  // "create", "read", "query", "bulk", …
  std::string_view database;
  std::string_view container;
  std::string_view range;  // id of the partition that the request names or its key lies in
};

class FaultPlan {
 public:
  // Adds the rule that the JSON describes (docs/cosmos-emulator.md). kInvalidArgument says what is
  // wrong with it. A split is done once unless the rule says how often or how long.
  absl::Status Add(std::string_view json, int64_t now_ns);
  void Clear();
  // {"rules":[…]}, each as it was given, with the number of its hits.
  std::string Json(int64_t now_ns) const;

  // One relaxed load: whether there is any rule.
  bool IsEmpty() const { return size_.load(std::memory_order_relaxed) == 0; }
  // The fault of the first rule that is meant; counts as a hit.
  std::optional<Fault> Match(const FaultSubject& subject, int64_t now_ns);

 private:
  static constexpr int64_t kUnbounded = std::numeric_limits<int64_t>::max();

  struct Rule {
    std::string json;
    std::string operation;  // empty: any
    std::string database, container;
    std::string range;
    Fault fault;
    double share = 1;
    int64_t left = kUnbounded;
    int64_t until_ns = kUnbounded;
    uint64_t seen = 0;
    uint64_t hits = 0;
  };

  static absl::Status ReadMember(std::string_view key, simdjson::dom::element value, int64_t now_ns,
                                 Rule* rule);
  static absl::Status Read(std::string_view json, int64_t now_ns, Rule* rule);

  std::atomic<size_t> size_ = 0;
  mutable std::mutex mutex_;
  std::vector<Rule> rules_;  // guarded by mutex_
};

}  // namespace weir::cosmos::emulator
