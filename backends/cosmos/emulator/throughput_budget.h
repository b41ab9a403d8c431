// The request units that one physical partition may spend: a bucket filled anew each second, debt
// paid from the seconds that follow. Nothing is carried over but, when asked for, burst capacity.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "backends/cosmos/emulator/charge.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {

// The highest share of its throughput that was spent in one second of an hour; at most 1.
struct HourlyPeak {
  int64_t hour = 0;  // of the monotonic clock
  double utilisation = 0;
};

// Not synchronized.
class RequestUnitBucket {
 public:
  // A partition of less than this may save what it does not spend, for this long, and spends it at
  // this rate.
  static constexpr CentiRu kBurstPerSecond = 3000 * CentiRu{100};
  static constexpr int64_t kBurstSeconds = 300;

  // Never throttles when per_second is 0.
  explicit RequestUnitBucket(CentiRu per_second, bool burst = false)
      : per_second_(per_second), burst_(burst), balance_(per_second) {}

  void SetPerSecond(CentiRu per_second, int64_t now_ns) {
    Refill(now_ns);
    balance_ += per_second - per_second_;
    per_second_ = per_second;
    saved_ = std::min(saved_, MostSaved());
  }
  CentiRu per_second() const { return per_second_; }

  // Whether a request that arrives now is carried out. What it costs is spent afterwards.
  bool Admits(int64_t now_ns) {
    Refill(now_ns);
    return per_second_ == 0 || balance_ > 0;
  }

  void Spend(CentiRu charge) {
    balance_ -= charge;
    in_this_second_ += charge;
  }

  // After a refusal: milliseconds until the balance is positive again; at least 1.
  int64_t RetryAfterMs(int64_t now_ns) const {
    const int64_t seconds = per_second_ == 0 ? 1 : -balance_ / per_second_ + 1;
    const int64_t wait_ns = second_start_ns_ + seconds * kNsPerSecond - now_ns;
    return std::max<int64_t>(1, (wait_ns + kNsPerMs - 1) / kNsPerMs);
  }

  CentiRu saved() const { return saved_; }
  // Of every hour in which something was spent, ascending.
  std::vector<HourlyPeak> Peaks(int64_t now_ns) {
    Refill(now_ns);
    NotePeak();
    return peaks_;
  }

 private:
  bool Bursts() const { return burst_ && per_second_ > 0 && per_second_ < kBurstPerSecond; }
  CentiRu MostSaved() const { return Bursts() ? per_second_ * kBurstSeconds : 0; }

  void Refill(int64_t now_ns) {
    const int64_t seconds = (now_ns - second_start_ns_) / kNsPerSecond;
    if (seconds <= 0) return;
    NotePeak();
    in_this_second_ = 0;
    const bool first = second_start_ns_ == 0;
    second_start_ns_ += seconds * kNsPerSecond;
    if (first || per_second_ == 0) return;
    const int64_t owed_seconds = balance_ < 0 ? -balance_ / per_second_ + 1 : 1;
    const int64_t counted = std::min(seconds, owed_seconds + kBurstSeconds);
    const CentiRu all = balance_ + counted * per_second_;
    balance_ = std::min(per_second_, all);
    if (!Bursts()) return;
    saved_ = std::min(MostSaved(), saved_ + std::max<CentiRu>(0, all - per_second_));
    const CentiRu now = std::min(saved_, kBurstPerSecond - per_second_);
    saved_ -= now;
    balance_ += now;
  }

  void NotePeak() {
    if (in_this_second_ == 0 || per_second_ == 0) return;
    const int64_t hour = second_start_ns_ / (3600 * kNsPerSecond);
    if (peaks_.empty() || peaks_.back().hour != hour) peaks_.push_back({hour, 0});
    const double utilisation =
        static_cast<double>(in_this_second_) / static_cast<double>(per_second_);
    peaks_.back().utilisation = std::max(peaks_.back().utilisation, std::min(1.0, utilisation));
  }

  CentiRu per_second_;
  bool burst_;
  CentiRu balance_;
  CentiRu saved_ = 0;  // burst capacity that is not in the balance
  CentiRu in_this_second_ = 0;
  int64_t second_start_ns_ = 0;
  std::vector<HourlyPeak> peaks_;
};

// One bucket for all partitions of the containers that share a database's throughput. Any thread.
class SharedBucket {
 public:
  explicit SharedBucket(CentiRu per_second) : bucket_(per_second) {}

  void SetPerSecond(CentiRu per_second, int64_t now_ns) {
    const std::scoped_lock lock(mutex_);
    bucket_.SetPerSecond(per_second, now_ns);
  }
  bool Admits(int64_t now_ns) {
    const std::scoped_lock lock(mutex_);
    return bucket_.Admits(now_ns);
  }
  void Spend(CentiRu charge) {
    const std::scoped_lock lock(mutex_);
    bucket_.Spend(charge);
  }
  int64_t RetryAfterMs(int64_t now_ns) const {
    const std::scoped_lock lock(mutex_);
    return bucket_.RetryAfterMs(now_ns);
  }
  std::vector<HourlyPeak> Peaks(int64_t now_ns) {
    const std::scoped_lock lock(mutex_);
    return bucket_.Peaks(now_ns);
  }

 private:
  mutable std::mutex mutex_;
  RequestUnitBucket bucket_;
};

// What a partition spends from: its own bucket or the database's. Guarded by its partition's mutex.
class ThroughputBudget {
 public:
  // Never throttles when per_second is 0.
  explicit ThroughputBudget(CentiRu per_second, bool burst = false) : own_(per_second, burst) {}
  explicit ThroughputBudget(std::shared_ptr<SharedBucket> shared)
      : own_(0), shared_(std::move(shared)) {}

  void SetPerSecond(CentiRu per_second, int64_t now_ns) {
    if (!shared_) own_.SetPerSecond(per_second, now_ns);
  }
  CentiRu per_second() const { return own_.per_second(); }  // 0 when it is the database's

  // Whether a request that arrives now is carried out. What it costs is spent afterwards.
  bool Admits(int64_t now_ns) {
    const bool admits = shared_ ? shared_->Admits(now_ns) : own_.Admits(now_ns);
    throttled_ += admits ? 0 : 1;
    return admits;
  }
  void Spend(CentiRu charge) {
    spent_ += charge;
    shared_ ? shared_->Spend(charge) : own_.Spend(charge);
  }
  // After a refusal: milliseconds until a request is carried out again; at least 1.
  int64_t RetryAfterMs(int64_t now_ns) const {
    return shared_ ? shared_->RetryAfterMs(now_ns) : own_.RetryAfterMs(now_ns);
  }

  CentiRu spent() const { return spent_; }
  uint64_t throttled() const { return throttled_; }  // attempts
  CentiRu saved() const { return own_.saved(); }
  std::vector<HourlyPeak> Peaks(int64_t now_ns) {
    return shared_ ? shared_->Peaks(now_ns) : own_.Peaks(now_ns);
  }

 private:
  RequestUnitBucket own_;
  std::shared_ptr<SharedBucket> shared_;
  CentiRu spent_ = 0;
  uint64_t throttled_ = 0;
};

}  // namespace weir::cosmos::emulator
