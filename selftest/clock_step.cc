// S8, in virtual time: an agent's clock that jumps must be noticed, and one that only drifts, over
// a network that is slow and lopsided, must not.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "selftest/figures.h"
#include "selftest/self_test.h"

#include "base/clock.h"
#include "base/random.h"
#include "coordinator/clock_offset.h"
#include "coordinator/gate_start.h"
#include "generators/portable_math.h"

namespace weir {
namespace {

constexpr int kSeconds = 120;
constexpr int kJumpSecond = 60;
constexpr int kExchanges = 3;  // in each second
constexpr double kDriftPpm = 40;
constexpr int64_t kMaxSkewNs = 10 * kNsPerMs;

// The clock of another machine.
class FarClock {
 public:
  explicit FarClock(int64_t jump_ns) : jump_ns_(jump_ns) {}

  int64_t At(int64_t ours_ns) const {
    const auto drift = static_cast<int64_t>(kDriftPpm * 1e-6 * static_cast<double>(ours_ns));
    return ours_ns + 77 * kNsPerSecond + drift +
           (ours_ns >= kJumpSecond * kNsPerSecond ? jump_ns_ : 0);
  }

 private:
  int64_t jump_ns_;
};

// One way through the network: 0.1 ms, and now and then tens of milliseconds.
int64_t DelayNs(DrawStream& draws) {
  const double tail = draws.Below(50) == 0 ? 2e7 : 3e5;
  return 100'000 + static_cast<int64_t>(-PortableLog1p(-draws.Unit()) * tail);
}

v1::GateResult ClockGate(int64_t jump_ns, uint64_t seed) {
  const FarClock theirs(jump_ns);
  DrawStream draws(DeriveKey(seed, "selftest clock"), static_cast<uint64_t>(jump_ns));
  ClockOffset offset;
  AgentStart start{.name = "far", .known = true};
  for (int64_t exchange = 0; exchange < kSeconds * kExchanges; ++exchange) {
    const int64_t sent = exchange * kNsPerSecond / kExchanges;
    const int64_t there = sent + DelayNs(draws);
    const int64_t back = there + 20'000;
    offset.Add(sent, theirs.At(there), theirs.At(back), back + DelayNs(draws));
    start.stepped_ns += offset.TakeStep().value_or(0);
    if (exchange % kExchanges == kExchanges - 1) offset.EndBurst();
  }
  start.clock_bound_ns = offset.BoundAt(kSeconds * kNsPerSecond);
  for (const v1::GateResult& gate : JudgeStart({start}, kMaxSkewNs)) {
    if (gate.name() == "clock") return gate;
  }
  return {};
}

}  // namespace

SelfTestResult TestClockStep(const SelfTestOptions& options) {
  Figures figures;
  const v1::GateResult calm = ClockGate(0, options.seed);
  figures.Of(absl::StrFormat("drift of %g ppm", kDriftPpm));
  figures.Hold(calm.saw(), calm.passed());
  for (const int64_t jump_ms : {-1000, -20, 20, 1000}) {
    const v1::GateResult jumped = ClockGate(jump_ms * kNsPerMs, options.seed);
    figures.Of(absl::StrCat("jump of ", jump_ms, " ms"));
    figures.Hold(jumped.saw(), !jumped.passed() && jumped.name() == "clock");
  }
  return figures.Result();
}

}  // namespace weir
