#include "coordinator/parting.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kRepeatNs = 500 * kNsPerMs;
constexpr int64_t kLongestNs = 2 * kNsPerSecond;

}  // namespace

Parting::Parting(Roster& roster, int64_t now_ns)
    : roster_(roster), deadline_ns_(now_ns + kLongestNs), next_goodbye_ns_(now_ns) {
  for (uint32_t agent = 0; agent < roster.size(); ++agent) {
    if (!roster.lost(agent) && roster.connected(agent)) unparted_.insert(agent);
  }
}

bool Parting::OnTick(int64_t now_ns) {
  if (unparted_.empty() || now_ns >= deadline_ns_) return true;
  if (now_ns < next_goodbye_ns_) return false;
  next_goodbye_ns_ = now_ns + kRepeatNs;
  v1::CoordinatorMessage message;
  message.mutable_goodbye()->set_reason("the run is over");
  for (const uint32_t agent : unparted_) roster_.Send(agent, message);
  return false;
}

}  // namespace weir
