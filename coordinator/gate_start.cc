#include "coordinator/gate_start.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace weir {
namespace {

std::string Ms(int64_t ns) { return absl::StrFormat("%.1f ms", static_cast<double>(ns) * 1e-6); }

v1::GateResult SkewGate(const AgentStart& start, int64_t max_skew_ns) {
  v1::GateResult gate;
  gate.set_name("start_skew");
  gate.set_agent(start.name);
  gate.set_passed(std::abs(start.skew_ns) <= max_skew_ns);
  gate.set_saw(absl::StrCat("started ", Ms(start.skew_ns), " from the agreed start (±",
                            Ms(start.bound_ns), ")"));
  gate.set_limit(absl::StrCat("≤ ", Ms(max_skew_ns)));
  if (!gate.passed()) {
    gate.set_advice("give the agent's machine fewer agents or more cores");
  }
  return gate;
}

v1::GateResult ClockGate(const AgentStart& start) {
  v1::GateResult gate;
  gate.set_name("clock");
  gate.set_agent(start.name);
  gate.set_passed(start.stepped_ns == 0 && start.clock_bound_ns <= kLargestClockBoundNs);
  gate.set_saw(start.stepped_ns != 0 ? absl::StrCat("its clock jumped by ", Ms(start.stepped_ns))
                                     : absl::StrCat("offset known to ±", Ms(start.clock_bound_ns)));
  gate.set_limit(absl::StrCat("no jump, ± ", Ms(kLargestClockBoundNs)));
  if (!gate.passed()) gate.set_advice("its seconds cannot be matched with those of other agents");
  return gate;
}

// Every one that failed; else the one with the largest value.
void Keep(const std::vector<v1::GateResult>& gates, const std::vector<int64_t>& values,
          std::vector<v1::GateResult>* kept) {
  const auto failed = [](const v1::GateResult& gate) { return !gate.passed(); };
  if (gates.empty()) return;
  if (std::none_of(gates.begin(), gates.end(), failed)) {
    const auto most = std::max_element(values.begin(), values.end()) - values.begin();
    kept->push_back(gates[static_cast<size_t>(most)]);
    return;
  }
  std::copy_if(gates.begin(), gates.end(), std::back_inserter(*kept), failed);
}

}  // namespace

std::vector<v1::GateResult> JudgeStart(const std::vector<AgentStart>& starts, int64_t max_skew_ns) {
  std::vector<v1::GateResult> skews, clocks, kept;
  std::vector<int64_t> skew_values, clock_values;
  for (const AgentStart& start : starts) {
    if (start.known) {
      skews.push_back(SkewGate(start, max_skew_ns));
      skew_values.push_back(std::abs(start.skew_ns));
    }
    clocks.push_back(ClockGate(start));
    clock_values.push_back(start.clock_bound_ns);
  }
  Keep(skews, skew_values, &kept);
  Keep(clocks, clock_values, &kept);
  return kept;
}

void MarkSeries(const std::vector<AgentStart>& starts, v1::Leg* leg) {
  for (const AgentStart& start : starts) {
    if (start.stepped_ns != 0 || start.clock_bound_ns > kLargestClockBoundNs) continue;
    if (start.clock_bound_ns + std::abs(start.wander_ns) <= kLargestClockBoundNs) continue;
    leg->set_caution(absl::StrCat(
        leg->caution(), leg->caution().empty() ? "" : " ", "The clock of agent ", start.name,
        " drifted by ", Ms(start.wander_ns), ": its share of each second is off by as much."));
  }
}

}  // namespace weir
