// One direction of the way between two nodes: how long a frame takes, and whether it arrives. Knows
// no clock and no descriptor: it is told the time. One thread.
#pragma once

#include <cstdint>
#include <optional>

namespace weir::cluster {

struct LinkConditions {
  int64_t delay_ns = 0;
  int64_t jitter_ns = 0;         // the delay is uniform in delay_ns ± jitter_ns, at least 0
  uint32_t loss_ppm = 0;         // of a million frames so many are dropped
  uint64_t bits_per_second = 0;  // 0: unlimited; frames wait for those before them
  bool cut = false;              // nothing arrives any more, not even what is on its way
};

class Link {
 public:
  explicit Link(uint64_t seed = 0) : seed_(seed) {}

  void Set(const LinkConditions& conditions) { conditions_ = conditions; }
  const LinkConditions& conditions() const { return conditions_; }

  // When a frame that is sent now arrives; nothing when it is lost. Frames never overtake each
  // other: a database's connection is to see delay and jitter, and not a network out of order.
  std::optional<int64_t> Send(int64_t now_ns, uint64_t bytes);

 private:
  uint64_t NextDraw();

  LinkConditions conditions_;
  uint64_t seed_;
  uint64_t draws_ = 0;
  int64_t free_ns_ = INT64_MIN;          // the line is busy with earlier frames until then
  int64_t last_arrival_ns_ = INT64_MIN;  // of the frame before
};

}  // namespace weir::cluster
