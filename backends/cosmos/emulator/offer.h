// An offer: the throughput that a container or a database has provisioned, manual or autoscale, and
// how it changes. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weir::cosmos::emulator {

struct Throughput {
  int per_second = 400;  // RU/s; of an autoscale offer its maximum
  bool autoscale = false;
  int partitions = 1;
};

// What one physical partition can give.
inline constexpr int kMaxPartitionThroughput = 10'000;

// What the throughput headers of a request that creates a resource ask for; empty when not sent.
struct ThroughputRequest {
  std::string_view manual;     // "12000"
  std::string_view autopilot;  // {"maxThroughput":4000}
  bool IsEmpty() const { return manual.empty() && autopilot.empty(); }
};

// kInvalidArgument with the service's words. Nothing when the request asks for none. A manual one
// is spread over ceil(RU/s ÷ manual_per_partition) partitions.
absl::StatusOr<std::optional<Throughput>> ParseThroughput(const ThroughputRequest& request,
                                                          int manual_per_partition);

// Of the offer of the resource with this rid.
std::string OfferRid(std::string_view rid_bytes);

class Offer {
 public:
  struct Identity {
    std::string rid;
    std::string resource;      // "dbs/…/" or "dbs/…/colls/…/", by rids
    std::string resource_rid;  // of the database or container
  };
  // What the resource does for its offer.
  struct Resource {
    // Gives it this throughput and at least this many partitions.
    std::function<void(const Throughput&)> apply;
    // Says that it is about to be split.
    std::function<void(const Throughput&)> announce;
    std::function<uint64_t()> stored_bytes;
  };

  // split_delay_ns: how long a change takes that needs more partitions.
  Offer(Identity identity, const Throughput& throughput, int64_t split_delay_ns, Resource resource);

  const Identity& identity() const { return identity_; }

  // Carries out what is due. One atomic load when nothing is.
  void Advance(int64_t now_ns) {
    if (now_ns >= due_ns_.load(std::memory_order_relaxed)) CarryOut(now_ns);
  }

  // Gives the resource what it is to have, without waiting for a pending change.
  void Finish();

  struct Change {
    std::string_view json;      // the offer as it is to be
    std::string_view if_match;  // its etag until then; empty for any
    bool to_autoscale = false;  // migrations: the service picks the number
    bool to_manual = false;
  };
  // kInvalidArgument below the minimum or outside the steps, kUnavailable while another change is
  // pending, kFailedPrecondition for another etag.
  absl::Status Replace(const Change& change, int64_t now_ns);

  // What it is, or will be when a change is pending.
  Throughput throughput() const;
  Throughput applied() const;  // what it is until then
  bool IsPending() const;
  int Minimum() const;  // of its kind
  std::string Etag() const;
  std::string Json() const;

 private:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  void CarryOut(int64_t now_ns);
  absl::StatusOr<Throughput> Read(const Change& change) const;
  absl::Status Check(const Throughput& wanted) const;
  int MinimumOf(bool autoscale) const;
  static int PartitionsFor(const Throughput& throughput);

  const Identity identity_;
  const int64_t split_delay_ns_;
  const Resource resource_;
  std::atomic<int64_t> due_ns_ = kNever;  // of the next step of the pending change

  mutable std::mutex mutex_;  // guards what is below
  Throughput shown_;
  Throughput applied_;
  bool pending_ = false;
  bool announced_ = false;
  int64_t split_at_ns_ = kNever;
  int most_ever_;
  uint32_t version_ = 1;
  uint32_t changed_;  // seconds since 1970
};

}  // namespace weir::cosmos::emulator
