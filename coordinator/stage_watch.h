// Watches the seconds of one stage as they are merged, and says at its end what they tell of
// steadiness, of the database, of the backlog and of the generator. Owned by whoever merges; one
// thread.
#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/backlog_watch.h"
#include "coordinator/gate_start.h"
#include "coordinator/gate_watch.h"
#include "coordinator/kept_seconds.h"
#include "coordinator/measure_sums.h"
#include "coordinator/stage_merge.h"
#include "coordinator/steadiness_watch.h"
#include "proto/campaign.pb.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

class StageWatch {
 public:
  // The scenario outlives it.
  StageWatch(const v1::Scenario& scenario, v1::Task task, uint32_t agents)
      : task_(task),
        steadiness_(scenario),
        sums_(MeasureSums::Of(scenario)),
        gates_(scenario, task, agents) {}

  void Add(const MergedSecond& second);

  // After the leg's totals and spans were recorded. `cut_short`: the run ended before the stage.
  void Record(bool cut_short, KeptSeconds& kept, v1::Leg* leg);

  // Of the operations due and not done, over the measure phase; after Record.
  Slope BacklogGrowth(const v1::Leg& leg) const;

  struct Facts {
    const std::vector<v1::AgentFacts>& agents;
    const std::vector<AgentStart>& starts;  // by agent
    int64_t max_start_skew_ns;
    Indulgence indulgence;
  };
  // After Record: the gates go into the leg, and what follows from them.
  void JudgeGates(const Facts& facts, KeptSeconds& kept, v1::Leg* leg);

 private:
  void FollowMeasureStart(KeptSeconds& kept, const v1::Leg& leg);

  const v1::Task task_;
  SteadinessWatch steadiness_;
  MeasureSums sums_;
  BacklogWatch backlog_;
  GateWatch gates_;
};

}  // namespace weir
