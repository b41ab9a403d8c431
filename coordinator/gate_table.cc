#include "coordinator/gate_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/check.h"

namespace weir {
namespace {

constexpr GateRow kRows[] = {
    {Gate::kDispatched, "dispatched", 0.999, "≥ 99.9 % of the planned operations",
     "The agents cannot keep this schedule: use more agents or more cores, or lower the rate."},
    {Gate::kGeneratorShare, "generator_share", 1.05, "≤ 1.05",
     "Operations started late, and that is in the response times: give the agents cores of their "
     "own, use more of them, or raise `spin_share`."},
    {Gate::kWatchdog, "watchdog", 0.001, "no gap over 100 ms; those over 10 ms < 0.1 % of the time",
     "The agent was kept from running: look for a suspended or overcommitted machine, or for other "
     "work on its cores."},
    {Gate::kWorkerCpu, "worker_cpu", 0.8, "≤ 80 % over any 5 s",
     "A worker thread is nearly full: use more workers or more agents, or lower the rate."},
    {Gate::kCoreCpu, "core_cpu", 0.8, "≤ 80 % over any 5 s",
     "Keep the agents' cores free of other work: put the database on another machine, bind the "
     "agents to cores of their own, or use more machines."},
    {Gate::kQuota, "quota", 0, "never throttled",
     "A CPU quota held the agent back: raise the limit of its container, or take it away."},
    {Gate::kSteal, "steal", 0.01, "≤ 1 %",
     "The hypervisor gave the machine's time to others: use a dedicated or larger machine."},
    {Gate::kNetwork, "network", 0.7, "≤ 70 % of the link over any 5 s",
     "The link is nearly full: use more agents on more machines, or smaller records."},
    {Gate::kRetransmits, "retransmits", 0.001, "≤ 0.1 % of the segments",
     "The network loses packets: look for a full link, a bad cable or a traffic limit."},
    {Gate::kOverflow, "overflow", 0, "0 values",
     "Something took more than an hour: lower the timeout of the scenario."},
    {Gate::kLostReports, "lost_reports", 0, "0 operations",
     "An agent was lost before it told everything: see why it ended, and run again."},
    {Gate::kClocksource, "clocksource", 0, "an unchanged tsc or paravirtual clock",
     "Times of this machine cannot be trusted: boot it with a stable clock source (tsc), or use "
     "another."},
    {Gate::kAgreement, "agreement", 1.5, "≤ 1.5 times the median agent",
     "One agent sees another database than the rest: compare its machine, zone and network."},
};

}  // namespace

const GateRow& RowOf(Gate gate) {
  const auto* row =
      std::find_if(std::begin(kRows), std::end(kRows),
                   [gate](const GateRow& candidate) { return candidate.gate == gate; });
  WEIR_CHECK(row != std::end(kRows));
  return *row;
}

double LimitOf(Gate gate) { return RowOf(gate).most; }

bool IsGoodClocksource(const std::string& name) {
  return name == "tsc" || name == "kvm-clock" || name == "hyperv_clocksource_tsc_page" ||
         name == "arch_sys_counter";
}

v1::GateResult MakeGateResult(Gate gate, const std::string& agent, bool passed,
                              const std::string& saw) {
  const GateRow& row = RowOf(gate);
  v1::GateResult result;
  result.set_name(row.name);
  result.set_agent(agent);
  result.set_passed(passed);
  result.set_saw(saw);
  result.set_limit(row.limit_text);
  if (!passed) result.set_advice(row.advice);
  return result;
}

v1::GateResult NotMeasured(Gate gate, const std::string& agent, const std::string& why) {
  return MakeGateResult(gate, agent, true, absl::StrCat("not measured: ", why));
}

}  // namespace weir
