#include "coordinator/gate_watch.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "coordinator/leg_verdict.h"
#include "coordinator/machine_gates.h"

namespace weir {
namespace {

uint32_t SecondsUpTo(int64_t ns) {
  return static_cast<uint32_t>((ns + kNsPerSecond - 1) / kNsPerSecond);
}

bool Measures(const v1::Scenario& scenario) { return scenario.phases().measure().ns() > 0; }

// Of one gate: every agent that fails or could not be measured; when none fails, also the one that
// comes closest.
void Keep(std::vector<MachineVerdict> verdicts, std::vector<v1::GateResult>* results) {
  const bool same = std::all_of(verdicts.begin(), verdicts.end(), [&](const MachineVerdict& v) {
    return !v.measured && v.result.saw() == verdicts[0].result.saw();
  });
  if (same) {
    if (verdicts.size() > 1) verdicts[0].result.clear_agent();
    return results->push_back(verdicts[0].result);
  }
  const MachineVerdict* closest = nullptr;
  bool failed = false;
  for (const MachineVerdict& verdict : verdicts) {
    if (!verdict.result.passed() || !verdict.measured) results->push_back(verdict.result);
    failed |= !verdict.result.passed();
    if (!verdict.measured) continue;
    if (closest == nullptr || verdict.severity > closest->severity) closest = &verdict;
  }
  if (!failed && closest != nullptr) results->push_back(closest->result);
}

// Each agent has its own result of a gate; merged ones come first.
void KeepShares(std::vector<v1::GateResult> shares, std::vector<v1::GateResult>* results) {
  for (v1::GateResult& result : shares) {
    if (result.agent().empty() || !result.passed()) results->push_back(std::move(result));
  }
}

bool IsOfNetwork(const std::string& gate) {
  return gate == RowOf(Gate::kNetwork).name || gate == RowOf(Gate::kRetransmits).name;
}

std::string ReasonOf(const v1::GateResult& gate, int others) {
  const std::string of = gate.agent().empty() ? "" : absl::StrCat(" of ", gate.agent());
  const std::string more =
      others == 0 ? "" : absl::StrCat("; and of ", others, others == 1 ? " other" : " others");
  return absl::StrCat("gate ", gate.name(), of, ": ", gate.saw(), " (limit: ", gate.limit(), ")",
                      more);
}

}  // namespace

GateWatch::GateWatch(const v1::Scenario& scenario, v1::Task task, uint32_t agents)
    : phase_(task == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE), machines_(agents) {
  const bool load = task == v1::TASK_LOAD;
  judges_ = load ? !Measures(scenario) : task == v1::TASK_PROVE || Measures(scenario);
  drives_ = !load;
  open_loop_ = scenario.shape().has_open();
  proves_ = task == v1::TASK_PROVE;
  if (proves_) floor_ns_ = kProofLagFloorNs;
  if (task != v1::TASK_DRIVE) return;
  const int64_t warm_up_ns = scenario.phases().warm_up().ns();
  first_second_ = SecondsUpTo(warm_up_ns);
  end_second_ = SecondsUpTo(warm_up_ns + scenario.phases().measure().ns());
}

GateWatch GateWatch::From(uint32_t first_second) const {
  GateWatch later = *this;
  later.first_second_ = first_second;
  later.machines_.assign(machines_.size(), {});
  return later;
}

void GateWatch::Add(const MergedSecond& second) {
  for (const v1::ResourceSample& sample : second.resources) Add(second.second, sample);
}

void GateWatch::Add(const v1::Interval& second) {
  for (const v1::ResourceSample& sample : second.resources()) Add(second.second(), sample);
}

void GateWatch::Add(uint32_t second, const v1::ResourceSample& sample) {
  if (second < first_second_ || second >= end_second_) return;
  if (sample.agent() < machines_.size()) machines_[sample.agent()].Add(second, sample);
}

std::vector<v1::GateResult> GateWatch::Judge(const v1::Leg& leg,
                                             const std::vector<v1::AgentFacts>& agents) const {
  std::vector<v1::GateResult> results;
  if (!judges_) return results;
  AgentNames names;
  for (const v1::AgentFacts& agent : agents) names.push_back(agent.name());
  const bool paced = drives_ && open_loop_;
  if (paced) {
    results.push_back(JudgeDispatched(leg, phase_));
    KeepShares(JudgeGeneratorShare(leg, phase_, names, floor_ns_), &results);
  }
  std::map<std::string, std::vector<MachineVerdict>> by_gate;
  std::vector<std::string> order;
  for (size_t agent = 0; agent < machines_.size() && agent < agents.size(); ++agent) {
    for (MachineVerdict& verdict : JudgeMachine(machines_[agent], agents[agent], drives_)) {
      std::vector<MachineVerdict>& verdicts = by_gate[verdict.result.name()];
      if (verdicts.empty()) order.push_back(verdict.result.name());
      verdicts.push_back(std::move(verdict));
    }
  }
  for (const std::string& gate : order) {
    if (!proves_ || !IsOfNetwork(gate)) Keep(std::move(by_gate[gate]), &results);
  }
  results.push_back(JudgeOverflow(leg, phase_));
  results.push_back(JudgeLostReports(leg, phase_));
  if (!paced || proves_) return results;
  for (v1::GateResult& result : JudgeAgreement(SpreadsOf(leg, phase_, floor_ns_), names)) {
    results.push_back(std::move(result));
  }
  return results;
}

std::vector<v1::ResourceSample> GateWatch::resources() const {
  std::vector<v1::ResourceSample> sums;
  for (size_t agent = 0; agent < machines_.size(); ++agent) {
    if (machines_[agent].total().span_ns() == 0) continue;
    sums.push_back(machines_[agent].total());
    sums.back().set_agent(static_cast<uint32_t>(agent));
  }
  return sums;
}

std::vector<v1::AgentSpread> GateWatch::spreads(const v1::Leg& leg) const {
  return SpreadsOf(leg, phase_, floor_ns_);
}

void ApplyGates(const std::vector<v1::GateResult>& gates, const Indulgence& indulgence,
                v1::Leg* leg) {
  v1::ValidityVerdict* verdict = leg->mutable_verdict();
  if (indulgence.overridden) LowerTo(v1::VALIDITY_UNVERIFIED, verdict);
  std::set<std::string> said;
  for (const v1::GateResult& gate : gates) {
    *leg->add_gates() = gate;
    if (gate.passed() || !said.insert(gate.name()).second) continue;
    if (indulgence.overridden) {
      verdict->add_overridden(gate.name());
      continue;
    }
    const auto same = std::count_if(gates.begin(), gates.end(), [&](const v1::GateResult& other) {
      return !other.passed() && other.name() == gate.name();
    });
    const bool tolerated =
        indulgence.tolerates_loss && gate.name() == RowOf(Gate::kLostReports).name;
    AddReason(tolerated ? v1::VALIDITY_PARTIAL : v1::VALIDITY_INVALID,
              ReasonOf(gate, static_cast<int>(same) - 1), verdict);
  }
}

}  // namespace weir
