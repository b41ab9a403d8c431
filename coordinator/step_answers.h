// What the agents answer to Prepare in one step of a run: who is still to answer, whether all
// agree, and what goes into the leg. Owned by RunControl; one thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "coordinator/roster.h"
#include "coordinator/run_program.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

class StepAnswers {
 public:
  // Awaits one answer from each of `asked`. Everything passed in outlives it.
  StepAnswers(const Step& step, const std::vector<uint32_t>& asked, const Roster& roster,
              v1::RunResult* run);

  // False when nothing was awaited of this agent.
  bool Take(uint32_t agent, const v1::Prepared& prepared);
  void Forget(uint32_t agent) { awaited_.erase(agent); }

  const std::set<uint32_t>& awaited() const { return awaited_; }
  bool complete() const { return awaited_.empty(); }
  const std::string& error() const { return error_; }  // the first; empty when all are ready
  bool unreachable() const { return unreachable_; }    // the error is the target's
  const std::vector<v1::Prepared>& by_agent() const { return by_agent_; }
  uint64_t planned_operations() const { return planned_operations_; }

 private:
  void TakePlan(uint32_t agent, const v1::Prepared& prepared);

  const Step& step_;
  const Roster& roster_;
  v1::RunResult& run_;
  v1::Leg& leg_;
  std::set<uint32_t> awaited_;
  std::vector<v1::Prepared> by_agent_;
  std::string error_;
  bool unreachable_ = false;
  std::string plan_digest_;  // that the agents answered so far agree on
  uint64_t planned_operations_ = 0;
};

}  // namespace weir
