// One armed stage of a leg, from the agreed start until every agent has told all or is lost: start,
// merge of the reports, ends. Owned by RunControl; one thread.
//
// A report is acknowledged once the second that it belongs to is kept for good, and an end once all
// reports before it are; what is missing is asked for again. Everything may come twice.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "coordinator/agent_checks.h"
#include "coordinator/gate_start.h"
#include "coordinator/report_receipts.h"
#include "coordinator/roster.h"
#include "coordinator/run_port.h"
#include "coordinator/run_program.h"
#include "coordinator/stage_merge.h"
#include "coordinator/stage_watch.h"
#include "coordinator/start_barrier.h"
#include "coordinator/throughput_orders.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

class StageRun {
 public:
  struct Setup {
    const Step& step;
    uint32_t number;  // the step's, on the wire
    const v1::Scenario& scenario;
    const v1::Target& target;
    v1::Leg* leg;                 // that the stage is recorded in
    bool kept = true;             // its seconds go to the port; a proof's do not
    bool tolerates_loss = false;  // of an agent: the stage goes on without its share
    int64_t max_start_skew_ns = 10'000'000;
    int64_t journal_from_unix_ns = 0;  // wall time at 0 of our clock, for the journal
  };

  // Everything passed in outlives it, but for the answers.
  StageRun(const Setup& setup, const std::vector<v1::Prepared>& answers, Roster& roster,
           RunPort& port);

  // Names the start to all agents, `lead_ns` from now.
  void Arm(int64_t lead_ns, int64_t now_ns);

  void OnArmed(uint32_t agent, const v1::Armed& armed, int64_t now_ns);
  void OnInterval(uint32_t agent, const ReportView& report, int64_t now_ns);
  // Reports of one second, with the sum of their histograms. Where they cannot be taken together,
  // each agent is asked for its own: as where they are not `whole`, because an agent is missing.
  void OnBundle(const std::vector<StageMerge::Bundled>& reports, const ReportView& histograms,
                bool whole, int64_t now_ns);
  void OnStageDone(uint32_t agent, const v1::StageDone& done, int64_t now_ns);
  void OnThroughputChanged(uint32_t agent, const v1::ThroughputChanged& changed, int64_t now_ns);
  void OnClockStep(uint32_t agent, int64_t step_ns) { starts_[agent].stepped_ns += step_ns; }
  void OnTick(int64_t now_ns);

  // What the agent was to do and did not tell of is counted as lost (R43).
  void Lose(uint32_t agent, int64_t now_ns);

  // Tells the agents to end; those that have not by the deadline are lost.
  void Stop(const std::string& reason, int64_t deadline_ns, int64_t now_ns);

  // Before it nobody has issued anything, and nothing has to be waited for.
  bool begun() const { return barrier_.gone(); }
  void Disarm() { barrier_.Disarm(); }

  bool done() const { return merge_.done(); }
  // Whether another agent than this one still has something to tell.
  void NoteLostShare(uint32_t agent);
  bool OthersGoOn(uint32_t agent) const;
  const std::string& error() const { return error_; }                    // an agent could not go on
  const std::string& fatal() const { return fatal_; }                    // the run cannot go on
  const std::string& budget_reached() const { return budget_reached_; }  // an agent stopped for it

  // An agent that sent what cannot be; to be lost.
  struct Fault {
    uint32_t agent;
    std::string what;
  };
  std::optional<Fault> TakeFault();

  // What the stage brought goes into the leg. `cut_short`: the run ended before the stage did.
  void Record(bool cut_short, int64_t now_ns);

  // Of the operations due and not done, over the measure phase; after Record.
  Slope BacklogGrowth() const { return watch_.BacklogGrowth(*setup_.leg); }

  // The gates, after Record.
  void JudgeGates(const std::vector<v1::AgentFacts>& agents, bool overridden);

 private:
  v1::Phase Phase() const;
  void BeginIfArmed(StartBarrier::Next next, int64_t now_ns);
  bool Keep(v1::JournalRecord record, int64_t now_ns);
  void ShowSecond(const MergedSecond& second);
  void Receive(uint32_t agent, const ReportView& report, int64_t now_ns);
  void AskForEach(const std::vector<StageMerge::Bundled>& reports, int64_t now_ns);
  void FinishIfWhole(uint32_t agent, int64_t now_ns);
  void FinishAgent(uint32_t agent, int64_t now_ns);
  void GiveUpReports(uint32_t agent, int64_t now_ns);
  void MissStart(uint32_t agent, int64_t now_ns);
  void AskForMissing(uint32_t agent, int64_t now_ns);
  void KeepAndAcknowledge(int64_t now_ns);
  void Journal(int64_t now_ns);
  void Acknowledge(uint32_t agent);
  void SendStops(int64_t now_ns);
  uint32_t SecondAt(int64_t now_ns) const;
  ReportBounds Bounds(int64_t now_ns) const;

  const Setup setup_;
  Roster& roster_;
  RunPort& port_;
  StartBarrier barrier_;
  StageMerge merge_;
  ReportReceipts receipts_;
  StageWatch watch_;
  std::unique_ptr<ThroughputOrders> throughput_;  // null: it stays as it is
  std::set<uint32_t> unarmed_;
  std::vector<v1::StageDone> ends_;
  std::vector<int64_t> ended_ns_;    // by agent: when its end was first heard of; 0: not yet
  std::vector<int64_t> offsets_ns_;  // of the clocks at the start
  std::vector<AgentStart> starts_;
  std::set<uint32_t> to_acknowledge_;
  bool kept_more_ = false;  // than was acknowledged
  uint32_t seconds_merged_ = 0;
  uint64_t asked_again_ = 0;
  int64_t asked_ns_ = 0;
  int64_t stop_ns_ = 0;  // when Stop was first sent; 0: not
  int64_t stop_sent_ns_ = 0;
  int64_t stop_deadline_ns_ = 0;
  std::string stop_reason_;
  std::string error_;
  std::string fatal_;
  std::string budget_reached_;
  std::optional<Fault> fault_;
};

}  // namespace weir
