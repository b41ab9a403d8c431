#include "coordinator/start_barrier.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr uint32_t kAttempts = 2;
constexpr int64_t kLocalLeadNs = 80 * kNsPerMs;
constexpr int64_t kLocalRoundTrips = 100;
constexpr int64_t kRemoteLeadNs = 2 * kNsPerSecond;
constexpr int64_t kRemoteRoundTrips = 10;
constexpr int64_t kLongestLeadNs = 30 * kNsPerSecond;

}  // namespace

int64_t StartLeadNs(bool local_agents, int64_t worst_round_trip_ns) {
  const int64_t remote_ns = std::max(kRemoteLeadNs, kRemoteRoundTrips * worst_round_trip_ns);
  const int64_t local_ns = std::max(kLocalLeadNs, kLocalRoundTrips * worst_round_trip_ns);
  // One round trip that took long, for a packet that was lost, says little of the next: what does
  // for agents far away does here.
  return std::min({kLongestLeadNs, remote_ns, local_agents ? local_ns : remote_ns});
}

void StartBarrier::Arm(int64_t lead_ns, int64_t now_ns) {
  ++attempt_;
  lead_ns_ = lead_ns;
  start_ns_ = now_ns + lead_ns;
  sent_ns_ = now_ns;
  for (uint32_t agent = 0; agent < roster_.size(); ++agent) {
    unarmed_.insert(agent);
    SendArm(agent);
  }
}

void StartBarrier::SendArm(uint32_t agent) {
  v1::CoordinatorMessage message;
  v1::Arm* arm = message.mutable_arm();
  arm->set_leg(step_.leg);
  arm->set_task(step_.task);
  arm->set_step(number_);
  arm->set_attempt(attempt_);
  arm->set_start_ns(roster_.clock(agent).ToTheirs(start_ns_));
  roster_.Send(agent, message);
}

void StartBarrier::OnArmed(uint32_t agent, const v1::Armed& armed) {
  if (armed.step() == number_ && armed.attempt() == attempt_) unarmed_.erase(agent);
}

StartBarrier::Next StartBarrier::OnTick(int64_t now_ns) {
  if (gone_) {
    // Go has no answer but the first report; a few more make it sure.
    if (now_ns < start_ns_ && now_ns - sent_ns_ >= lead_ns_ / 8) SendGo(now_ns);
    return Next::kWait;
  }
  if (now_ns < start_ns_ - lead_ns_ / 4) {
    if (unarmed_.empty()) return Next::kGo;
    if (now_ns - sent_ns_ < std::min(kNsPerSecond, lead_ns_ / 4)) return Next::kWait;
    sent_ns_ = now_ns;
    for (const uint32_t agent : unarmed_) SendArm(agent);
    return Next::kWait;
  }
  Disarm();
  if (attempt_ == kAttempts) return Next::kFail;
  Arm(2 * lead_ns_, now_ns);
  return Next::kWait;
}

void StartBarrier::Go(int64_t now_ns) {
  gone_ = true;
  SendGo(now_ns);
}

void StartBarrier::SendGo(int64_t now_ns) {
  sent_ns_ = now_ns;
  v1::CoordinatorMessage message;
  message.mutable_go()->set_step(number_);
  message.mutable_go()->set_attempt(attempt_);
  roster_.SendAll(message);
}

void StartBarrier::Disarm() {
  v1::CoordinatorMessage message;
  message.mutable_disarm()->set_step(number_);
  message.mutable_disarm()->set_attempt(attempt_);
  roster_.SendAll(message);
}

std::string StartBarrier::Missing() const {
  std::vector<std::string> names;
  for (const uint32_t agent : unarmed_) names.push_back(roster_.NameOf(agent));
  return absl::StrJoin(names, ", ");
}

}  // namespace weir
