#include "coordinator/clock_offset.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/clock.h"

namespace weir {
namespace {

// A quartz keeps within 50 ppm: two of them, and one against the line through both.
constexpr double kAgeing = 50e-6;
constexpr double kAgeingWithoutLine = 100e-6;
// No clock drifts like this: an offset further off than it explains is a step.
constexpr double kFastestDrift = 500e-6;
constexpr int64_t kStepSlackNs = kNsPerMs;

}  // namespace

void ClockOffset::Add(int64_t sent_ns, int64_t agent_received_ns, int64_t agent_sent_ns,
                      int64_t received_ns) {
  const Sample sample{
      .at_ns = sent_ns + (received_ns - sent_ns) / 2,
      .offset_ns = ((agent_received_ns - sent_ns) + (agent_sent_ns - received_ns)) / 2,
      .round_trip_ns = (received_ns - sent_ns) - (agent_sent_ns - agent_received_ns)};
  if (sample.round_trip_ns < 0) return;  // no exchange: causes come before effects
  if (samples_ > 0 && IsStep(sample)) {
    // An exchange from before the step that comes after it tells nothing new.
    if (sample.at_ns < best_.at_ns) return;
    step_ns_ = step_ns_.value_or(0) + sample.offset_ns - OffsetAt(sample.at_ns);
    best_ = sample;
    best_of_burst_ = sample;
    line_ = {};
  }
  ++samples_;
  worst_of_burst_ns_ = std::max(worst_of_burst_ns_, sample.round_trip_ns);
  if (!best_of_burst_ || sample.round_trip_ns <= best_of_burst_->round_trip_ns) {
    best_of_burst_ = sample;
  }
  const int64_t now_ns = std::max(sample.at_ns, best_.at_ns);
  const auto bound = [&](const Sample& one) {
    return one.round_trip_ns / 2 + static_cast<int64_t>(Ageing() * AgeOf(one, now_ns));
  };
  if (samples_ == 1 || bound(sample) <= bound(best_)) best_ = sample;
}

void ClockOffset::EndBurst() {
  if (best_of_burst_) line_.Add(*best_of_burst_);
  best_of_burst_.reset();
  worst_before_ns_ = worst_of_burst_ns_;
  worst_of_burst_ns_ = 0;
}

int64_t ClockOffset::AgeOf(const Sample& sample, int64_t now_ns) const {
  return std::abs(now_ns - sample.at_ns);
}

bool ClockOffset::IsStep(const Sample& sample) const {
  const int64_t off = std::abs(sample.offset_ns - OffsetAt(sample.at_ns));
  const auto explained = static_cast<int64_t>(kFastestDrift * AgeOf(best_, sample.at_ns));
  return off > sample.round_trip_ns / 2 + best_.round_trip_ns / 2 + explained + kStepSlackNs;
}

int64_t ClockOffset::OffsetAt(int64_t now_ns) const {
  const double since = static_cast<double>(now_ns - best_.at_ns);
  return samples_ == 0 ? 0 : best_.offset_ns + std::llround(UsableSlope() * since);
}

int64_t ClockOffset::BoundAt(int64_t now_ns) const {
  if (samples_ == 0) return 0;
  return best_.round_trip_ns / 2 + static_cast<int64_t>(Ageing() * AgeOf(best_, now_ns));
}

double ClockOffset::drift_ppm() const { return 1e6 * line_.Slope(); }

int64_t ClockOffset::worst_round_trip_ns() const {
  return std::max(worst_before_ns_, worst_of_burst_ns_);
}

std::optional<int64_t> ClockOffset::TakeStep() { return std::exchange(step_ns_, std::nullopt); }

// A slope that is less well known than the ageing allows for would make things worse.
bool ClockOffset::LineIsGood() const {
  return line_.points >= 2 && line_.SlopeUncertainty() <= kAgeing;
}

double ClockOffset::UsableSlope() const { return LineIsGood() ? line_.Slope() : 0; }

double ClockOffset::Ageing() const { return LineIsGood() ? kAgeing : kAgeingWithoutLine; }

void ClockOffset::Line::Add(const Sample& sample) {
  if (points == 0) first = sample;
  if (points > 0 && sample.at_ns <= last.at_ns) return;
  last = sample;
  ++points;
  widest_round_trip_ns = std::max(widest_round_trip_ns, sample.round_trip_ns);
  const double t = static_cast<double>(sample.at_ns - first.at_ns);
  const double o = static_cast<double>(sample.offset_ns - first.offset_ns);
  sum_t += t;
  sum_tt += t * t;
  sum_o += o;
  sum_to += t * o;
}

double ClockOffset::Line::Slope() const {
  const double spread = points * sum_tt - sum_t * sum_t;
  return points < 2 || spread <= 0 ? 0 : (points * sum_to - sum_t * sum_o) / spread;
}

// Each point is at most half a round trip off. The slope is the sum of (t − mean t)·offset over the
// sum of (t − mean t)², so that by Cauchy and Schwarz it is off by at most half the widest round
// trip times the root of (number of points ÷ that sum).
double ClockOffset::Line::SlopeUncertainty() const {
  const double spread = points * sum_tt - sum_t * sum_t;  // number of points × that sum
  if (points < 2 || spread <= 0) return 1;
  return static_cast<double>(widest_round_trip_ns) / 2 * points / std::sqrt(spread);
}

}  // namespace weir
