// One armed stage of a leg, from the agreed start until every agent has told all or is lost: start,
// merge of the reports, ends. Owned by RunControl; one thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "coordinator/gate_watch.h"
#include "coordinator/measure_sums.h"
#include "coordinator/roster.h"
#include "coordinator/run_port.h"
#include "coordinator/run_program.h"
#include "coordinator/stage_merge.h"
#include "coordinator/steadiness_watch.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

class StageRun {
 public:
  // Everything passed in outlives it, but for the answers.
  StageRun(const Step& step, const v1::Scenario& scenario, const std::vector<v1::Prepared>& answers,
           v1::Leg* leg, Roster& roster, RunPort& port);

  // Names the start to all agents, `lead_ns` from now.
  void Arm(int64_t lead_ns, int64_t now_ns);

  void OnArmed(uint32_t agent) { unarmed_.erase(agent); }
  absl::Status OnInterval(uint32_t agent, const v1::IntervalReport& report);  // error: lose it
  void OnStageDone(uint32_t agent, const v1::StageDone& done);
  void Lose(uint32_t agent);
  void LoseUnfinished();

  bool done() const { return merge_.done(); }
  const std::string& error() const { return error_; }  // an agent could not go on

  // What the stage brought goes into the leg. `cut_short`: the run ended before the stage did.
  void Record(bool cut_short);

  // The gates, after Record.
  void JudgeGates(const std::vector<v1::AgentFacts>& agents, bool overridden);

 private:
  bool Concerns(uint32_t leg, v1::Task task) const;
  v1::Phase Phase() const;
  void ShowSecond(const MergedSecond& second);
  void FollowMeasureStart();

  const Step step_;
  const v1::Scenario& scenario_;
  v1::Leg& leg_;
  Roster& roster_;
  RunPort& port_;
  StageMerge merge_;
  SteadinessWatch steadiness_;
  MeasureSums sums_;
  GateWatch watch_;
  std::set<uint32_t> unarmed_;
  std::vector<v1::StageDone> ends_;
  uint32_t seconds_merged_ = 0;
  int64_t start_ns_ = 0;  // our clock
  std::string error_;
};

}  // namespace weir
