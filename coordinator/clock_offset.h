// The offset between an agent's monotonic clock and ours, from four time stamps per exchange (R38).
// The sample with the smallest round trip counts; its error is at most half that round trip.
#pragma once

#include <cstdint>
#include <limits>

namespace weir {

class ClockOffset {
 public:
  // Ours: sent_ns, received_ns. The agent's: agent_received_ns, agent_sent_ns.
  void Add(int64_t sent_ns, int64_t agent_received_ns, int64_t agent_sent_ns, int64_t received_ns) {
    const int64_t round_trip = (received_ns - sent_ns) - (agent_sent_ns - agent_received_ns);
    ++samples_;
    if (round_trip >= round_trip_ns_) return;
    round_trip_ns_ = round_trip;
    offset_ns_ = ((agent_received_ns - sent_ns) + (agent_sent_ns - received_ns)) / 2;
  }

  int samples() const { return samples_; }
  int64_t offset_ns() const { return offset_ns_; }  // agent's clock minus ours
  int64_t bound_ns() const { return samples_ == 0 ? 0 : round_trip_ns_ / 2; }
  int64_t round_trip_ns() const { return samples_ == 0 ? 0 : round_trip_ns_; }

 private:
  int samples_ = 0;
  int64_t round_trip_ns_ = std::numeric_limits<int64_t>::max();
  int64_t offset_ns_ = 0;
};

}  // namespace weir
