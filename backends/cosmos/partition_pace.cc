#include "backends/cosmos/partition_pace.h"

#include <algorithm>
#include <cstdlib>

#include "base/clock.h"
#include "base/random.h"

namespace weir::cosmos {
namespace {

// Without a share that was told, the first window is one for the least container there is.
constexpr MilliRu kFirstAllowance = 400'000;
constexpr MilliRu kLeastAllowance = 10'000;
constexpr MilliRu kMostAllowance = 1'000'000'000'000;
// Growth after one window, and what is left after a refusal. Together they set how often the limit
// is tried: one agent alone every twenty seconds.
constexpr MilliRu kGrowthsOfShare = 500;
constexpr double kShrinkTo = 0.96;
constexpr double kMostShrink = 0.5;
// Beyond the limit by this much, it has moved: growth doubles with each window. So it does as long
// as nothing was ever refused, for what was told may be too little.
constexpr double kLimitHasMoved = 1.02;
constexpr int64_t kMostSteps = 1 << 20;
// A window in demand is released over this part of it: the rest is for what is still on its way
// when the server's second ends.
constexpr int64_t kReleaseNs = 9 * kNsPerSecond / 10;
// Requests that can be divided are cut so that a window takes this many at least: a refusal then
// hits a small part of what a window asks for.
constexpr MilliRu kLeastRequests = 10;
// How much later than expected a second of the server's must begin to be believed: an answer may be
// late, so that the earliest time is the truest.
constexpr int64_t kPhaseSlackNs = 100 * kNsPerMs;
// Part of a smaller delay that is believed, so that clocks that run apart are followed.
constexpr int64_t kPhaseDrift = 64;
constexpr int64_t kMostJitterNs = 8 * kNsPerMs;

}  // namespace

PartitionPace::PartitionPace(MilliRu share, uint64_t seed)
    : share_(share),
      seed_(seed),
      allowance_(share > 0 ? share : kFirstAllowance),
      known_(share > 0) {}

// ------------------------------------------------------------------------------------- asking

Permit PartitionPace::Ask(uint32_t records, MilliRu each, bool divisible, int64_t now_ns,
                          int64_t* not_before_ns) {
  Roll(now_ns);
  each = std::max<MilliRu>(each, 1);
  if (now_ns < pause_until_ns_) {
    *not_before_ns = pause_until_ns_;
    return {};
  }
  if (spent_ >= allowance_) {
    exhausted_ = true;
    *not_before_ns = start_ns_ + kNsPerSecond;
    return {};
  }
  if (paced_ && spent_ > Released(now_ns)) {
    *not_before_ns = ReleaseTime(spent_);
    return {};
  }
  const uint32_t admitted = divisible ? Fitting(records, each) : records;
  const Permit permit{window_, each * admitted, admitted};
  spent_ += permit.booked;
  return permit;
}

// The last request of a window may cost more than is left, as the server lets it.
uint32_t PartitionPace::Fitting(uint32_t records, MilliRu each) const {
  const MilliRu most = std::min(allowance_ / kLeastRequests, allowance_ - spent_);
  return static_cast<uint32_t>(std::clamp<MilliRu>(most / each, 1, records));
}

MilliRu PartitionPace::Released(int64_t now_ns) const {
  const int64_t passed_ns = std::min(now_ns - start_ns_, kReleaseNs);
  return static_cast<MilliRu>(static_cast<double>(allowance_) * static_cast<double>(passed_ns) /
                              static_cast<double>(kReleaseNs));
}

int64_t PartitionPace::ReleaseTime(MilliRu spent) const {
  const double part = static_cast<double>(spent) / static_cast<double>(allowance_);
  return start_ns_ + static_cast<int64_t>(part * static_cast<double>(kReleaseNs)) + 1;
}

// ------------------------------------------------------------------------------------- answers

// What is spent later than it was booked is owed by the window in which it is learnt, as the server
// charges at the end of a request.
void PartitionPace::Answered(const Permit& permit, MilliRu charge, int64_t now_ns) {
  if (permit.window < 0) return;
  Roll(now_ns);
  const MilliRu difference = charge - permit.booked;
  if (permit.window == window_ || difference > 0)
    spent_ = std::max<MilliRu>(0, spent_ + difference);
}

void PartitionPace::Refused(const Permit& permit, int64_t retry_after_ns, int64_t now_ns) {
  Roll(now_ns);
  if (permit.window == window_) {
    refused_ = true;
  } else if (permit.window == window_ - 1 && !shrunk_for_late_) {
    shrunk_for_late_ = true;
    Shrink(allowance_);
  }
  if (retry_after_ns <= 0) return;
  const int64_t boundary_ns = now_ns + retry_after_ns;
  LearnPhase(boundary_ns, now_ns);
  pause_until_ns_ = std::max(pause_until_ns_, boundary_ns);
}

// A refusal tells when the share is given again: at the beginning of a second of the server's.
void PartitionPace::LearnPhase(int64_t boundary_ns, int64_t now_ns) {
  bool same = false;
  if (boundary_ns_ != INT64_MIN) {
    int64_t later_ns = (boundary_ns - boundary_ns_) % kNsPerSecond;
    if (later_ns > kNsPerSecond / 2) later_ns -= kNsPerSecond;
    if (later_ns < -kNsPerSecond / 2) later_ns += kNsPerSecond;
    same = std::abs(later_ns) < kPhaseSlackNs;
    if (same && later_ns >= 0) boundary_ns = boundary_ns - later_ns + later_ns / kPhaseDrift;
  }
  boundary_ns_ = boundary_ns;
  // A window that is not one of the server's seconds says little about what was granted in one.
  if (!same) aligned_ = false;
  start_ns_ = boundary_ns_ - kNsPerSecond;
  while (start_ns_ > now_ns) start_ns_ -= kNsPerSecond;
}

int64_t PartitionPace::Jitter() const {
  return static_cast<int64_t>(Draw(seed_, static_cast<uint64_t>(window_)) %
                              static_cast<uint64_t>(kMostJitterNs));
}

// ------------------------------------------------------------------------------------- windows

void PartitionPace::Roll(int64_t now_ns) {
  if (start_ns_ == INT64_MIN) {
    start_ns_ = now_ns;
    return;
  }
  const int64_t passed = (now_ns - start_ns_) / kNsPerSecond;
  if (passed <= 0) return;
  const MilliRu debt = std::max<MilliRu>(0, spent_ - passed * allowance_);
  EndWindow();
  // Not paced when the last window was not in demand to its end.
  paced_ = passed == 1 && exhausted_;
  start_ns_ += passed * kNsPerSecond;
  window_ += passed;
  spent_ = debt;
  pause_until_ns_ = std::max(pause_until_ns_, start_ns_ + (paced_ ? Jitter() : 0));
  refused_ = exhausted_ = shrunk_for_late_ = false;
  aligned_ = boundary_ns_ != INT64_MIN;
}

void PartitionPace::EndWindow() {
  if (spent_ >= allowance_ - allowance_ / 20) exhausted_ = true;
  if (refused_) {
    exhausted_ = true;
    Shrink(aligned_ ? spent_ : allowance_);
  } else if (exhausted_) {
    Grow();
  }
}

void PartitionPace::Grow() {
  const MilliRu base = share_ > 0 ? share_ : allowance_;
  const MilliRu growth = std::max<MilliRu>(1, base / kGrowthsOfShare);
  if (!known_) {
    allowance_ = std::min(2 * allowance_, kMostAllowance);
    return;
  }
  const bool beyond =
      limit_ == 0 || static_cast<double>(allowance_) > kLimitHasMoved * static_cast<double>(limit_);
  step_ = beyond ? std::min(step_ * 2, kMostSteps) : 1;
  allowance_ = std::min(allowance_ + growth * step_, kMostAllowance);
}

void PartitionPace::Shrink(MilliRu granted) {
  const auto lowest = static_cast<MilliRu>(kMostShrink * static_cast<double>(allowance_));
  limit_ = std::max(std::min(allowance_, granted), lowest);
  allowance_ =
      std::max(kLeastAllowance, static_cast<MilliRu>(kShrinkTo * static_cast<double>(limit_)));
  step_ = 1;
  known_ = true;
}

}  // namespace weir::cosmos
