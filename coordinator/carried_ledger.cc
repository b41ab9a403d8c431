#include "coordinator/carried_ledger.h"

#include <algorithm>

#include "measure/tally.h"

namespace weir {

void CarriedLedger::AddKept(const v1::Interval& second) {
  kept_ = second.second() + 1;
  for (const v1::OperationInterval& part : second.operations()) {
    Account& account =
        At(second.second() - std::min(second.second(), part.age()), part.phase(), part.operation());
    account.planned += part.tally().planned();
    account.settled += Settled(part.tally()) + part.tally().lost();
  }
}

void CarriedLedger::Book(const ReportView& report) {
  for (const ReportView::Part& part : report.parts()) {
    const uint32_t second = report.second() - std::min(report.second(), part.age);
    if (part.phase != v1::PHASE_LOAD && second >= kept_) continue;
    Account& account = At(second, part.phase, part.operation);
    account.planned += part.tally.counts.planned();
    account.settled += part.tally.counts.Settled();
  }
}

void CarriedLedger::Settle(const google::protobuf::RepeatedPtrField<v1::PhaseResult>& totals) {
  for (const v1::PhaseResult& result : totals) {
    if (result.phase() != v1::PHASE_LOAD) continue;
    Account& account = At(0, result.phase(), result.operation());
    account.told += result.total().planned();
    account.told_done += Settled(result.total());
  }
}

void CarriedLedger::Miss(const google::protobuf::RepeatedPtrField<v1::PlannedCounts>& plan) {
  for (const v1::PlannedCounts& counts : plan) {
    if (counts.phase() != v1::PHASE_LOAD) continue;
    Account& account = At(0, counts.phase(), counts.operation());
    for (const uint64_t count : counts.by_second()) account.due += count;
  }
}

// Of a load, whose operations fall due when a session is free, the others' part is what those who
// told everything did not do.
std::vector<Ledger::Loss> CarriedLedger::Open() const {
  std::vector<Ledger::Loss> open;
  for (const auto& [key, account] : accounts_) {
    const auto& [second, phase, operation] = key;
    const uint64_t planned = account.planned - std::min(account.planned, account.told);
    const uint64_t settled = account.settled - std::min(account.settled, account.told_done);
    const uint64_t due = std::max(planned, account.due);
    if (due > settled) open.push_back({second, phase, operation, due - settled, due - planned});
  }
  return open;
}

bool CarriedLedger::Overdrawn() const {
  return std::any_of(accounts_.begin(), accounts_.end(), [](const auto& entry) {
    const Account& account = entry.second;
    return account.settled > account.planned || account.told > account.planned ||
           account.told_done > account.settled;
  });
}

}  // namespace weir
