// Where a run stands among its steps, and what follows a leg: a spoiled round once more, the next
// probe of a search for capacity, the extension of a comparison. Owned by RunControl; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/capacity_course.h"
#include "coordinator/run_program.h"
#include "proto/campaign.pb.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

class RunCourse {
 public:
  // The run has its campaign, gets its legs, and outlives this. `agents`: 0 where their number is
  // still open.
  RunCourse(uint32_t agents, bool prove_headroom, v1::RunResult* run);

  void Settle(uint32_t agents);  // their number; before the first step

  // Of the step in hand; there is one unless ended().
  bool ended() const { return step_ == program_.steps.size(); }
  const Step& step() const { return program_.steps[step_]; }
  uint32_t number() const { return static_cast<uint32_t>(step_) + 1; }
  v1::Leg& leg() const { return *run_.mutable_legs(static_cast<int>(step().leg)); }
  const v1::Scenario& scenario() const;  // as the leg drives it
  const v1::Target& target() const;
  bool Uses() const { return step().task == v1::TASK_LOAD || step().task == v1::TASK_DRIVE; }
  // Drives no target: a proof of headroom, or a canary.
  bool Rehearses() const { return step().task == v1::TASK_PROVE || step().task == v1::TASK_CANARY; }
  // What its agents are to get ready for, but for each one's share and what is left of a budget.
  v1::Prepare MakePrepare() const;

  void Begin();                // the step in hand is taken up
  void Advance() { ++step_; }  // it is over
  void SkipRestOfLeg();        // to its last step, which is over, too
  bool ProvesAgain() const;    // the next step is another attempt at this proof
  bool ReachesAnother() const { return program_.steps[step_ + 1].task == v1::TASK_REACH; }
  void LeaveOut(const std::string& reason, bool begun);  // this step, if not `begun`, and the rest

  // Once the leg in hand is over and judged: lines for the user on how the run grows by it.
  struct Growth {
    std::vector<std::string> lines;
    bool extended = false;  // the design of the comparison has more rounds than it had
  };
  Growth AfterLeg();
  void Conclude() { searches_.Conclude(&run_); }  // what the searches have come to

 private:
  const LegPlan& plan() const { return program_.legs[step().leg]; }

  const bool prove_headroom_;
  v1::RunResult& run_;
  uint32_t agents_;
  RunProgram program_;  // grows by the rounds that are repeated, and by the probes of searches
  CapacityCourse searches_;
  v1::Campaign driven_;  // as the leg in hand drives it; outlives its stage
  size_t step_ = 0;
};

}  // namespace weir
