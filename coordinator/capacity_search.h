// The search for the highest sustainable rate of one scenario on one target (R31): which probe
// comes next, and what was found. A state machine without I/O that is told how each probe ended.
// One thread.
//
// It doubles the rate until the objective is missed, halves the gap down to `precision`, then
// confirms: every longer run at the rate that was found must pass and two thirds of those at 1.05
// times it must miss. A rate that passed once by chance does not survive that: the search then
// steps down by `precision` and confirms there. One that missed by chance does not either: when the
// rate above passes, the search goes on from it, in steps that double. It does so a limited number
// of times, and says UNCONFIRMED when that was not enough.
//
// A probe in which a gate of ours failed says nothing of the target. It is run once more; when the
// gate fails again, the rate bounds the search as one that missed would, but what is found then is
// "at least" (R32).
//
// Afterwards come the rates of the curve (R33) and the closed loops (R34).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/campaign.pb.h"
#include "proto/results.pb.h"

namespace weir {

inline constexpr double kRefuteFactor = 1.05;
inline constexpr double kCurveFrom = 0.2;
inline constexpr double kCurveTo = 1.1;
inline constexpr int kMostConfirmed = 6;    // rates that are tried to be confirmed
inline constexpr double kLeastPart = 1024;  // never goes below the start ÷ this

class CapacitySearch {
 public:
  // `capacity` with its defaults filled in; `start_per_s` above 0.
  CapacitySearch(const v1::Capacity& capacity, double start_per_s);

  // Purpose, rate and sessions of the next probe; nothing: the search is over.
  std::optional<v1::Probe> Next() const;

  // The probe that Next() named is over.
  void Saw(v1::ProbeEnd end);

  // The run ends before the search is over.
  void Stop();

  // Final once the confirmation is over: the curve and the closed loops do not change it.
  v1::CapacityFinding finding() const { return finding_; }
  double low_per_s() const { return low_; }    // highest that passed; 0: none did
  double high_per_s() const { return high_; }  // lowest above it that did not; 0: none
  // Why the finding is not CONFIRMED; else empty.
  const std::string& reason() const { return reason_; }

 private:
  enum class Stage : uint8_t { kSearch, kConfirm, kRefute, kCurve, kScaling, kOver };
  enum class Bound : uint8_t { kNone, kMissed, kOurs };  // what high_ is

  struct Seen {
    double per_s;
    v1::ProbeEnd end;
  };

  void SawSearch(v1::ProbeEnd end);
  void SawConfirm(v1::ProbeEnd end);
  void SawRefute(v1::ProbeEnd end);
  void Narrow();
  void Confirm(double per_s);
  void Conclude(v1::CapacityFinding finding, const std::string& reason);
  void FindBounds();
  void GoOnAbove();
  double LowestMissedAbove(double per_s) const;
  void BeginCurve();
  void BeginScaling();
  double LeastRate() const;

  const v1::Capacity capacity_;
  const double start_;
  const double most_;  // infinity when there is no limit
  Stage stage_ = Stage::kSearch;
  double rate_;
  double low_ = 0;
  double high_ = 0;
  Bound bound_ = Bound::kNone;
  double growth_ = 1;       // of the rate by the next step up, as part of it
  bool repeating_ = false;  // the probe in hand, because a gate failed
  uint32_t passed_ = 0;     // of the confirming or refuting probes
  uint32_t missed_ = 0;
  int confirming_ = 0;   // rates that were tried
  size_t position_ = 0;  // in the curve or the list of sessions
  std::vector<double> curve_;
  std::vector<Seen> seen_;
  v1::CapacityFinding finding_ = v1::CAPACITY_FINDING_UNSPECIFIED;
  std::string reason_;
};

// A rate as it is offered: four significant digits, for people to read.
double RoundRate(double per_s);

// Operations of a rate per second.
double PerSecond(const v1::Rate& rate);

// How long the probes of one search take, settling included, without loads and set-up. `doublings`:
// how often the rate is doubled before the objective is missed.
struct SearchLength {
  int probes = 0;
  int64_t ns = 0;
};
// Where every rate holds that is tried to be confirmed.
SearchLength TypicalLength(const v1::Capacity& capacity, int doublings);
// Where a gate fails in every probe once and none but the last rate holds.
SearchLength LongestLength(const v1::Capacity& capacity, int doublings);

}  // namespace weir
