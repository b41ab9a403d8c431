// The conservation equation of a stage that is brought to its end after its coordinator died (R42,
// R44): which agent told what of the seconds that were kept is not known any more, so that over
// them all agents are balanced together. Pure; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "google/protobuf/repeated_field.h"

#include "coordinator/ledger.h"
#include "coordinator/report_view.h"
#include "measure/tally_view.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

class CarriedLedger {
 public:
  // A second that is kept, in order.
  void AddKept(const v1::Interval& second);

  // What a report that was not kept tells of operations that had fallen due before.
  void Book(const ReportView& report);

  // An agent that told everything: what all its reports came to.
  void Settle(const google::protobuf::RepeatedPtrField<v1::PhaseResult>& totals);

  // An agent that did not: what its share of the plan held.
  void Miss(const google::protobuf::RepeatedPtrField<v1::PlannedCounts>& plan);

  // What is not accounted for: lost with the agents that did not tell everything, if there are any.
  std::vector<Ledger::Loss> Open() const;

  // More was settled than was planned: the parts do not belong together.
  bool Overdrawn() const;

 private:
  using Key = std::tuple<uint32_t, v1::Phase, uint32_t>;  // second, phase, operation

  struct Account {
    uint64_t planned = 0;
    uint64_t settled = 0;    // or lost
    uint64_t told = 0;       // of a load: planned by the agents that told everything,
    uint64_t told_done = 0;  // settled by them,
    uint64_t due = 0;        // and by the plan to be done by the others
  };

  Account& At(uint32_t second, v1::Phase phase, uint32_t operation) {
    return accounts_[{phase == v1::PHASE_LOAD ? 0 : second, phase, operation}];
  }

  uint32_t kept_ = 0;  // all seconds before
  std::map<Key, Account> accounts_;
};

}  // namespace weir
