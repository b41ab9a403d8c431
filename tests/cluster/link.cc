#include "tests/cluster/link.h"

#include <algorithm>

#include "base/random.h"

namespace weir::cluster {
namespace {

constexpr uint64_t kMillion = 1'000'000;
constexpr uint64_t kNsPerSecond = 1'000'000'000;

}  // namespace

uint64_t Link::NextDraw() { return Draw(seed_, draws_++); }

std::optional<int64_t> Link::Send(int64_t now_ns, uint64_t bytes) {
  if (conditions_.cut) return std::nullopt;
  if (Below(NextDraw(), kMillion) < conditions_.loss_ppm) return std::nullopt;
  int64_t sent_ns = now_ns;
  if (conditions_.bits_per_second > 0) {
    sent_ns = std::max(now_ns, free_ns_);
    sent_ns += static_cast<int64_t>(bytes * 8 * kNsPerSecond / conditions_.bits_per_second);
    free_ns_ = sent_ns;
  }
  const auto spread = static_cast<uint64_t>(2 * conditions_.jitter_ns + 1);
  const auto off_ns = static_cast<int64_t>(Below(NextDraw(), spread)) - conditions_.jitter_ns;
  const int64_t arrival_ns = sent_ns + std::max<int64_t>(0, conditions_.delay_ns + off_ns);
  last_arrival_ns_ = std::max(last_arrival_ns_, arrival_ns);
  return last_arrival_ns_;
}

}  // namespace weir::cluster
