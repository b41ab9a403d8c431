#include "coordinator/machine_gates.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "coordinator/gate_table.h"
#include "reports/quantity.h"

namespace weir {
namespace {

constexpr char kNotDisclosed[] = "NOT DISCLOSED";

// Below a thousand segments a single retransmit is more than the limit, and says nothing yet.
constexpr uint64_t kRetransmitsThatSayNothing = 1;

std::string Us(uint64_t ns) { return DurationText(static_cast<double>(ns) / 1e3); }

double Share(uint64_t part, double whole) {
  return whole <= 0 ? 0 : static_cast<double>(part) / whole;
}

std::string Percent(double share) { return absl::StrFormat("%.3g %%", 100 * share); }

std::string Over(const Peak& peak) {
  return peak.first_second == peak.last_second
             ? absl::StrCat("in second ", peak.first_second)
             : absl::StrCat("over seconds ", peak.first_second, "–", peak.last_second);
}

class MachineJudge {
 public:
  MachineJudge(const ResourceWatch& machine, const v1::AgentFacts& agent)
      : machine_(machine), total_(machine.total()), agent_(agent) {}

  std::vector<MachineVerdict> Judge(bool paced) {
    Watchdog();
    if (paced) WorkerCpu();
    if (paced) CoreCpu();
    Quota();
    Steal();
    Network();
    Retransmits();
    Clocksource();
    return std::move(verdicts_);
  }

 private:
  bool watched() const { return total_.span_ns() > 0; }
  double span_ns() const { return static_cast<double>(total_.span_ns()); }

  void Say(Gate gate, double value, const std::string& saw) {
    Say(gate, value <= LimitOf(gate), value, saw);
  }
  void Say(Gate gate, bool passed, double severity, const std::string& saw) {
    verdicts_.push_back({MakeGateResult(gate, agent_.name(), passed, saw), severity});
  }
  void Unknown(Gate gate, const std::string& why) {
    verdicts_.push_back({NotMeasured(gate, agent_.name(), why), 0, /*measured=*/false});
  }

  // Whether the machine told us at all; says so where it did not.
  bool Told(Gate gate, bool told, const std::string& why) {
    if (!watched()) Unknown(gate, "the agent sent no samples");
    if (watched() && !told) Unknown(gate, why);
    return watched() && told;
  }

  void Watchdog() {
    if (!Told(Gate::kWatchdog, total_.most_watchdog_gap_ns() > 0, "its watchdog never ran")) return;
    const double share = Share(total_.watchdog_gap_ns(), span_ns());
    const bool passed =
        total_.most_watchdog_gap_ns() <= kLongestGapNs && share < LimitOf(Gate::kWatchdog);
    Say(Gate::kWatchdog, passed, share + static_cast<double>(total_.most_watchdog_gap_ns()) / 1e9,
        absl::StrCat("longest gap ", Us(total_.most_watchdog_gap_ns()), ", those over 10 ms ",
                     Percent(share), " of the time"));
  }

  void WorkerCpu() {
    const Peak peak = machine_.busiest_worker();
    if (!Told(Gate::kWorkerCpu, peak.known(), "")) return;
    Say(Gate::kWorkerCpu, peak.share,
        absl::StrCat("busiest worker ", Percent(peak.share), " ", Over(peak)));
  }

  // The database may well share the machine; the numbers are spoiled all the same, and the reader
  // is told by whom.
  void CoreCpu() {
    const Peak peak = machine_.busiest_core();
    if (!Told(Gate::kCoreCpu, peak.known(), "the system does not tell")) return;
    const auto span = static_cast<double>(peak.sum.span_ns());
    const double own = Share(peak.sum.process_cpu_ns(), span);
    const double others = std::max(0.0, Share(peak.sum.machine_cpu_ns(), span) - own);
    Say(Gate::kCoreCpu, peak.share,
        absl::StrFormat("busiest core %s %s; this agent took %.2f of the machine's %d cores, "
                        "everything else %.2f",
                        Percent(peak.share), Over(peak), own, peak.sum.cores(), others));
  }

  std::string ConditionOf(const std::string& name) const {
    for (const v1::Condition& condition : agent_.conditions()) {
      if (condition.name() == name) return condition.value();
    }
    return kNotDisclosed;
  }

  void Quota() {
    const std::string limit = ConditionOf("CPU limit");
    const bool told = limit != kNotDisclosed || total_.throttled_periods() > 0;
    if (!Told(Gate::kQuota, told, "the agent's cgroup cannot be read")) return;
    Say(Gate::kQuota, static_cast<double>(total_.throttled_periods()),
        absl::StrCat("throttled ", total_.throttled_periods(), " times for ",
                     Us(total_.throttled_ns()), " in all (CPU limit: ", limit, ")"));
  }

  void Steal() {
    if (!Told(Gate::kSteal, total_.cores() > 0, "the system does not tell")) return;
    const double share = Share(total_.steal_ns(), span_ns() * total_.cores());
    Say(Gate::kSteal, share, absl::StrCat(Percent(share), " of all cores' time"));
  }

  void Network() {
    const Peak peak = machine_.busiest_link();
    const uint64_t bytes = total_.network_sent_bytes() + total_.network_received_bytes();
    const std::string traffic =
        absl::StrCat(BytesText(static_cast<double>(total_.network_sent_bytes())), " sent, ",
                     BytesText(static_cast<double>(total_.network_received_bytes())), " received");
    if (watched() && bytes == 0) return Say(Gate::kNetwork, 0, "no traffic but on the loopback");
    if (!Told(Gate::kNetwork, peak.known(),
              absl::StrCat("the link does not tell its speed (", traffic, ")"))) {
      return;
    }
    Say(Gate::kNetwork, peak.share, absl::StrCat(Percent(peak.share), " of the link ", Over(peak)));
  }

  void Retransmits() {
    const uint64_t segments = total_.tcp_segments_sent();
    if (!Told(Gate::kRetransmits, segments > 0, "no TCP segments were counted")) return;
    const uint64_t repeated = total_.tcp_retransmits();
    const double share = Share(repeated, static_cast<double>(segments));
    const bool passed =
        share <= LimitOf(Gate::kRetransmits) || repeated <= kRetransmitsThatSayNothing;
    Say(Gate::kRetransmits, passed, share,
        absl::StrFormat("%s of %s segments sent again (%s)",
                        CountText(static_cast<double>(repeated)),
                        CountText(static_cast<double>(segments)), Percent(share)));
  }

  void Clocksource() {
    const auto& seen = machine_.clocksources();
    if (!Told(Gate::kClocksource, !seen.empty(), "the system does not tell")) return;
    if (seen.size() > 1) {
      return Say(Gate::kClocksource, false, 2,
                 absl::StrCat("changed among ", absl::StrJoin(seen, ", ")));
    }
    const bool good = IsGoodClocksource(*seen.begin());
    Say(Gate::kClocksource, good, good ? 0 : 1, absl::StrCat(*seen.begin(), " throughout"));
  }

  const ResourceWatch& machine_;
  const v1::ResourceSample& total_;
  const v1::AgentFacts& agent_;
  std::vector<MachineVerdict> verdicts_;
};

}  // namespace

std::vector<MachineVerdict> JudgeMachine(const ResourceWatch& machine, const v1::AgentFacts& agent,
                                         bool paced) {
  return MachineJudge(machine, agent).Judge(paced);
}

}  // namespace weir
