// The offset between an agent's monotonic clock and ours, from four time stamps per exchange (R38),
// with a bound on its error, the agent's drift once enough is known, and whether its clock stepped.
// No time of an operation uses it: those are taken on one clock. Owned by the roster; one thread.
//
// Source: the minimum filter of NTP (Mills, RFC 5905, section 10). An exchange's error is at most
// half its round trip, and grows by 50 ppm of its age for each clock, or of both once a line
// through the exchanges says how they drift apart.
#pragma once

#include <cstdint>
#include <optional>

namespace weir {

class ClockOffset {
 public:
  // Ours: sent_ns, received_ns. The agent's: agent_received_ns, agent_sent_ns. Exchanges may come
  // late, in any order and more than once.
  void Add(int64_t sent_ns, int64_t agent_received_ns, int64_t agent_sent_ns, int64_t received_ns);

  // The burst of exchanges is over: its best is a point of the line.
  void EndBurst();

  int samples() const { return samples_; }

  // Agent's clock minus ours, at a time of ours. 0 before the first exchange.
  int64_t OffsetAt(int64_t now_ns) const;
  int64_t BoundAt(int64_t now_ns) const;

  int64_t ToTheirs(int64_t ours_ns) const { return ours_ns + OffsetAt(ours_ns); }

  // Slope of the line through the bursts; 0 before there are two.
  double drift_ppm() const;

  // The longest of the latest exchanges.
  int64_t worst_round_trip_ns() const;

  // How far the clock stepped since the last call; none when it did not. An exchange that no drift
  // of a clock explains is a step; what was known before it is forgotten.
  std::optional<int64_t> TakeStep();

 private:
  struct Sample {
    int64_t at_ns = 0;  // ours, the middle of the exchange
    int64_t offset_ns = 0;
    int64_t round_trip_ns = 0;
  };

  // Least squares of offset over time, relative to the first point.
  struct Line {
    int points = 0;
    Sample first;
    Sample last;
    int64_t widest_round_trip_ns = 0;
    double sum_t = 0, sum_tt = 0, sum_o = 0, sum_to = 0;

    void Add(const Sample& sample);
    double Slope() const;             // ns per ns
    double SlopeUncertainty() const;  // at most this far from the truth
  };

  int64_t AgeOf(const Sample& sample, int64_t now_ns) const;
  bool LineIsGood() const;
  double UsableSlope() const;
  double Ageing() const;
  bool IsStep(const Sample& sample) const;

  int samples_ = 0;
  Sample best_;
  std::optional<Sample> best_of_burst_;
  int64_t worst_of_burst_ns_ = 0;
  int64_t worst_before_ns_ = 0;
  Line line_;
  std::optional<int64_t> step_ns_;
};

}  // namespace weir
