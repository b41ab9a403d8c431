#include "agent/coordinator_checks.h"

#include <cstdint>

namespace weir {
namespace {

constexpr int64_t kLatestNs = int64_t{1} << 61;         // of a clock
constexpr int64_t kLongestLeaseNs = 3'600'000'000'000;  // an hour without a coordinator
constexpr uint64_t kLastReport = uint64_t{1} << 53;
constexpr size_t kLongestText = 16 << 10;

bool IsClock(int64_t ns) { return ns > -kLatestNs && ns < kLatestNs; }

absl::Status If(bool sound, absl::string_view otherwise) {
  return sound ? absl::OkStatus() : absl::InvalidArgumentError(otherwise);
}

}  // namespace

absl::Status CheckCoordinatorMessage(const v1::CoordinatorMessage& message) {
  switch (message.body_case()) {
    case v1::CoordinatorMessage::kWelcome: {
      const v1::Welcome& welcome = message.welcome();
      const int64_t lease_ns = welcome.lease().ns();
      return If(
          lease_ns >= 0 && lease_ns <= kLongestLeaseNs && welcome.run_id().size() <= kLongestText,
          "a lease that is none");
    }
    case v1::CoordinatorMessage::kPing:
      return If(IsClock(message.ping().sent_ns()) && IsClock(message.ping().granted_from_ns()),
                "a time that no clock shows");
    case v1::CoordinatorMessage::kArm:
      return If(IsClock(message.arm().start_ns()), "a start that no clock shows");
    case v1::CoordinatorMessage::kResend:
      return If(message.resend().first() <= kLastReport && message.resend().last() <= kLastReport,
                "reports that cannot be");
    case v1::CoordinatorMessage::kStop:
      return If(message.stop().reason().size() <= kLongestText, "a reason without end");
    case v1::CoordinatorMessage::kGoodbye:
      return If(message.goodbye().reason().size() <= kLongestText, "a reason without end");
    default:
      return absl::OkStatus();
  }
}

}  // namespace weir
