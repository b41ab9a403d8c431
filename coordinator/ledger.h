// The conservation equation of one agent's stage (R42): planned = ok + failed + unknown + unsent +
// lost, exactly, for every operation and second of the plan. Accounts are kept only of seconds that
// do not balance yet. Pure; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "google/protobuf/repeated_field.h"

#include "coordinator/planned_seconds.h"
#include "coordinator/report_view.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

class Ledger {
 public:
  // What is lost with an agent, of one operation and second.
  struct Loss {
    uint32_t second;
    v1::Phase phase;
    uint32_t operation;
    uint64_t operations;
    uint64_t unreported;  // part of them that was not even reported as planned
  };

  // `plan`: what the agent announced; empty where that is not known beforehand (closed loop).
  void Expect(const google::protobuf::RepeatedPtrField<v1::PlannedCounts>& plan);

  // The stage goes on after a crash, with this second: what was told before is not known here. Of
  // the operations that fell due before it, and of a load, whose operations have no second, nothing
  // is booked any more.
  void Resume(uint32_t second);

  // Parts of no age above the report's second.
  void Book(const ReportView& report);

  // The agent has told everything. Empty when every second balances; else the first that does not,
  // in words. `whole`: the stage ran to its end, so that the announced plan must have been met too.
  std::string Balance(bool whole) const;

  // The agent is gone: what it was to do before second `end` and did not tell of.
  std::vector<Loss> Lose(uint32_t end) const;

 private:
  using Key = std::tuple<uint32_t, v1::Phase, uint32_t>;  // second, phase, operation

  struct Account {
    uint64_t announced = 0;  // by the plan; not used where there is none
    uint64_t planned = 0;    // fell due, as the agent reported
    uint64_t settled = 0;
  };

  bool Follows(const Key& key) const;
  uint64_t Announced(const Key& key) const;
  void Close(const Key& key);
  bool Balances(const Account& account, bool whole) const;
  // Every account that is not closed, those of which only the plan tells included, in order.
  std::map<Key, Account> AllOpen() const;

  bool has_plan_ = false;
  uint32_t resumed_ = 0;              // what fell due before is not followed
  std::vector<PlannedSeconds> plan_;  // what is closed is 0
  // Sorted. A handful: what the agent is at, and what is overdue.
  std::vector<std::pair<Key, Account>> open_;
};

}  // namespace weir
