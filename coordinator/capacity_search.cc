#include "coordinator/capacity_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Operations of one step that a quantile cannot be told from at all.
double FewestOperations(const v1::Objective& objective) {
  if (objective.response_p999().ns() > 0) return 2000;
  return objective.response_p99().ns() > 0 ? 200 : 20;
}

bool Undecided(v1::ProbeEnd end) { return end == v1::PROBE_END_GENERATOR_LIMITED; }

}  // namespace

double RoundRate(double per_s) {
  if (per_s <= 0) return 0;
  const double unit = std::pow(10.0, std::floor(std::log10(per_s)) - 3);
  return std::round(per_s / unit) * unit;
}

double PerSecond(const v1::Rate& rate) {
  if (rate.per_ns() == 0) return 0;
  return static_cast<double>(rate.operations()) * 1e9 / static_cast<double>(rate.per_ns());
}

CapacitySearch::CapacitySearch(const v1::Capacity& capacity, double start_per_s)
    : capacity_(capacity),
      start_(start_per_s),
      most_(capacity.has_most() ? PerSecond(capacity.most()) : kInfinity),
      rate_(std::min(RoundRate(std::max(start_per_s, LeastRate())), most_)) {}

double CapacitySearch::LeastRate() const {
  const double step_s = std::max(1e-3, static_cast<double>(capacity_.step().ns()) / 1e9);
  return std::max(start_ / kLeastPart, FewestOperations(capacity_.objective()) / step_s);
}

std::optional<v1::Probe> CapacitySearch::Next() const {
  v1::Probe probe;
  probe.set_offered_per_s(rate_);
  switch (stage_) {
    case Stage::kSearch:
      probe.set_purpose(v1::PROBE_PURPOSE_SEARCH);
      return probe;
    case Stage::kConfirm:
      probe.set_purpose(v1::PROBE_PURPOSE_CONFIRM);
      return probe;
    case Stage::kRefute:
      probe.set_purpose(v1::PROBE_PURPOSE_REFUTE);
      return probe;
    case Stage::kCurve:
      probe.set_purpose(v1::PROBE_PURPOSE_CURVE);
      probe.set_offered_per_s(curve_[position_]);
      return probe;
    case Stage::kScaling:
      probe.set_purpose(v1::PROBE_PURPOSE_SCALING);
      probe.clear_offered_per_s();
      probe.set_sessions(capacity_.sessions(static_cast<int>(position_)));
      return probe;
    case Stage::kOver:
      break;
  }
  return std::nullopt;
}

void CapacitySearch::Saw(v1::ProbeEnd end) {
  // A machine that others use fails a gate now and then.
  if (Undecided(end) && !repeating_) {
    repeating_ = true;
    return;
  }
  repeating_ = false;
  if (stage_ <= Stage::kRefute) seen_.push_back({rate_, end});
  if (end == v1::PROBE_END_FAILED) {
    if (stage_ > Stage::kRefute) {
      stage_ = Stage::kOver;
      return;
    }
    Conclude(v1::CAPACITY_FINDING_UNCONFIRMED, "a probe did not run to its end");
    stage_ = Stage::kOver;
    return;
  }
  switch (stage_) {
    case Stage::kSearch:
      return SawSearch(end);
    case Stage::kConfirm:
      return SawConfirm(end);
    case Stage::kRefute:
      return SawRefute(end);
    case Stage::kCurve:
      if (++position_ == curve_.size()) BeginScaling();
      return;
    case Stage::kScaling:
      if (++position_ == static_cast<size_t>(capacity_.sessions_size())) stage_ = Stage::kOver;
      return;
    case Stage::kOver:
      return;
  }
}

void CapacitySearch::Stop() {
  if (stage_ <= Stage::kRefute) {
    Conclude(v1::CAPACITY_FINDING_UNCONFIRMED, "the run ended before the search");
  }
  stage_ = Stage::kOver;
}

// -------------------------------------------------------------------------- doubling and halving

void CapacitySearch::SawSearch(v1::ProbeEnd end) {
  if (end == v1::PROBE_END_PASSED) {
    low_ = rate_;
  } else {
    high_ = rate_;
    bound_ = Undecided(end) ? Bound::kOurs : Bound::kMissed;
  }
  Narrow();
}

void CapacitySearch::Narrow() {
  if (bound_ == Bound::kNone) {
    if (rate_ >= most_) return Confirm(low_);
    rate_ = std::min(RoundRate((1 + growth_) * rate_), most_);
    growth_ = std::min(1.0, 2 * growth_);
    return;
  }
  if (low_ == 0) {
    const double half = RoundRate(high_ / 2);
    if (half < LeastRate()) {
      return Conclude(v1::CAPACITY_FINDING_NONE,
                      bound_ == Bound::kOurs ? "a gate of ours failed even at the lowest rate"
                                             : "the objective is missed even at the lowest rate");
    }
    rate_ = half;
    return;
  }
  const double middle = RoundRate((low_ + high_) / 2);
  const bool between = middle > low_ && middle < high_;
  if (high_ <= low_ * (1 + capacity_.precision()) || !between) return Confirm(low_);
  rate_ = middle;
}

// ------------------------------------------------------------------------------ both ends again

void CapacitySearch::Confirm(double per_s) {
  if (confirming_ == kMostConfirmed) {
    return Conclude(v1::CAPACITY_FINDING_UNCONFIRMED,
                    "no rate passed every time with the next one failing");
  }
  ++confirming_;
  stage_ = Stage::kConfirm;
  rate_ = low_ = per_s;
  passed_ = missed_ = 0;
}

void CapacitySearch::SawConfirm(v1::ProbeEnd end) {
  if (Undecided(end)) {
    return Conclude(v1::CAPACITY_FINDING_UNCONFIRMED,
                    "a gate of ours failed while the rate was confirmed");
  }
  if (end == v1::PROBE_END_MISSED) {
    high_ = rate_;
    bound_ = Bound::kMissed;
    const double lower = RoundRate(rate_ / (1 + capacity_.precision()));
    if (lower >= LeastRate() && lower < rate_) return Confirm(lower);
    return Conclude(v1::CAPACITY_FINDING_UNCONFIRMED, "no rate passed every time");
  }
  if (++passed_ < capacity_.confirmations()) return;
  if (bound_ == Bound::kNone) {
    return Conclude(v1::CAPACITY_FINDING_LIMIT_REACHED, "the campaign allows no more");
  }
  if (bound_ == Bound::kOurs) {
    return Conclude(v1::CAPACITY_FINDING_GENERATOR_LIMITED, "a gate of ours failed above it");
  }
  stage_ = Stage::kRefute;
  rate_ = std::min(RoundRate(low_ * kRefuteFactor), most_);
  passed_ = missed_ = 0;
}

// Ends as soon as what is to come cannot change it.
void CapacitySearch::SawRefute(v1::ProbeEnd end) {
  if (Undecided(end)) {
    return Conclude(v1::CAPACITY_FINDING_GENERATOR_LIMITED, "a gate of ours failed above it");
  }
  end == v1::PROBE_END_MISSED ? ++missed_ : ++passed_;
  const uint32_t runs = capacity_.confirmations();
  if (3 * missed_ >= 2 * runs) return Conclude(v1::CAPACITY_FINDING_CONFIRMED, "");
  if (3 * (runs - passed_) >= 2 * runs) return;
  GoOnAbove();
}

// What missed below was outvoted by longer runs.
void CapacitySearch::GoOnAbove() {
  std::erase_if(seen_, [&](const Seen& seen) {
    return seen.end == v1::PROBE_END_MISSED && seen.per_s <= rate_;
  });
  low_ = rate_;
  high_ = 0;
  bound_ = Bound::kNone;
  growth_ = 2 * (kRefuteFactor - 1);
  stage_ = Stage::kSearch;
  if (confirming_ == kMostConfirmed) return Confirm(low_);
  Narrow();
}

double CapacitySearch::LowestMissedAbove(double per_s) const {
  double lowest = 0;
  for (const Seen& seen : seen_) {
    if (seen.end != v1::PROBE_END_MISSED || seen.per_s <= per_s) continue;
    if (lowest == 0 || seen.per_s < lowest) lowest = seen.per_s;
  }
  return lowest;
}

// The highest rate that passed below the lowest that did not.
void CapacitySearch::FindBounds() {
  high_ = LowestMissedAbove(0);
  low_ = 0;
  for (const Seen& seen : seen_) {
    const bool passed = seen.end == v1::PROBE_END_PASSED;
    if (passed && (high_ == 0 || seen.per_s < high_)) low_ = std::max(low_, seen.per_s);
  }
}

void CapacitySearch::Conclude(v1::CapacityFinding finding, const std::string& reason) {
  finding_ = finding;
  reason_ = reason;
  switch (finding) {
    case v1::CAPACITY_FINDING_CONFIRMED:
      high_ = LowestMissedAbove(low_);
      break;
    case v1::CAPACITY_FINDING_UNCONFIRMED:
      FindBounds();
      if (low_ == 0) finding_ = v1::CAPACITY_FINDING_NONE;
      break;
    case v1::CAPACITY_FINDING_NONE:
      break;
    default:
      high_ = 0;
  }
  BeginCurve();
}

// --------------------------------------------------------------------------------- what follows

void CapacitySearch::BeginCurve() {
  const uint32_t points = finding_ == v1::CAPACITY_FINDING_NONE ? 0 : capacity_.curve();
  const bool bounded =
      finding_ == v1::CAPACITY_FINDING_CONFIRMED || finding_ == v1::CAPACITY_FINDING_UNCONFIRMED;
  const double to = bounded ? kCurveTo : 1;  // above it there is nothing of ours to offer
  for (uint32_t i = 0; i < points; ++i) {
    const double part = points == 1 ? to : kCurveFrom + (to - kCurveFrom) * i / (points - 1);
    curve_.push_back(std::min(RoundRate(part * low_), most_));
  }
  position_ = 0;
  stage_ = Stage::kCurve;
  if (curve_.empty()) BeginScaling();
}

void CapacitySearch::BeginScaling() {
  position_ = 0;
  stage_ = capacity_.sessions_size() > 0 ? Stage::kScaling : Stage::kOver;
}

// -------------------------------------------------------------------------------- how long it is

namespace {

SearchLength LengthOf(const v1::Capacity& capacity, int doublings, int confirmed, int tries) {
  const int halvings = static_cast<int>(std::ceil(std::log2(1 / capacity.precision())));
  const int short_probes =
      doublings + 1 + halvings + static_cast<int>(capacity.curve()) + capacity.sessions_size();
  const int long_probes = confirmed * 2 * static_cast<int>(capacity.confirmations());
  const int64_t settle_ns = capacity.settle().ns();
  return {tries * (short_probes + long_probes),
          tries * (short_probes * (settle_ns + capacity.step().ns()) +
                   long_probes * (settle_ns + capacity.confirm().ns()))};
}

}  // namespace

SearchLength TypicalLength(const v1::Capacity& capacity, int doublings) {
  return LengthOf(capacity, doublings, 1, 1);
}

SearchLength LongestLength(const v1::Capacity& capacity, int doublings) {
  return LengthOf(capacity, doublings, kMostConfirmed, 2);
}

}  // namespace weir
