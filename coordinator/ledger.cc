#include "coordinator/ledger.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "measure/tally.h"

namespace weir {

void Ledger::Expect(const google::protobuf::RepeatedPtrField<v1::PlannedCounts>& plan) {
  has_plan_ = !plan.empty();
  for (const v1::PlannedCounts& counts : plan) {
    for (int i = 0; i < counts.by_second_size(); ++i) {
      if (counts.by_second(i) == 0) continue;
      const uint32_t second = counts.first_second() + static_cast<uint32_t>(i);
      open_[{second, counts.phase(), counts.operation()}].announced += counts.by_second(i);
    }
  }
}

// A load's operations fall due when a session is free: its plan has no seconds but a whole.
void Ledger::Book(const v1::Interval& interval) {
  for (const v1::OperationInterval& part : interval.operations()) {
    const uint32_t second = part.phase() == v1::PHASE_LOAD ? 0 : interval.second() - part.age();
    Account& account = open_[{second, part.phase(), part.operation()}];
    account.planned += part.tally().planned();
    account.settled += Settled(part.tally());
  }
  // In a second that is over nothing more falls due; a load has one second for all.
  for (auto entry = open_.begin(); entry != open_.end();) {
    if (std::get<0>(entry->first) >= interval.second()) break;
    const bool load = std::get<1>(entry->first) == v1::PHASE_LOAD && !has_plan_;
    entry =
        !load && Balances(entry->second, /*whole=*/true) ? open_.erase(entry) : std::next(entry);
  }
}

bool Ledger::Balances(const Account& account, bool whole) const {
  if (account.planned != account.settled) return false;
  return !has_plan_ || !whole || account.planned == account.announced;
}

std::string Ledger::Balance(bool whole) const {
  for (const auto& [key, account] : open_) {
    if (Balances(account, whole)) continue;
    const auto& [second, phase, operation] = key;
    std::string words = absl::StrCat("operation ", operation, " in second ", second, ": planned ",
                                     account.planned, ", accounted for ", account.settled);
    if (has_plan_ && whole) absl::StrAppend(&words, ", by the plan ", account.announced);
    return words;
  }
  return "";
}

std::vector<Ledger::Loss> Ledger::Lose(uint32_t end) const {
  std::vector<Loss> losses;
  for (const auto& [key, account] : open_) {
    const auto& [second, phase, operation] = key;
    uint64_t due = account.planned;
    if (second < end || phase == v1::PHASE_LOAD) due = std::max(due, account.announced);
    if (due <= account.settled) continue;
    losses.push_back({second, phase, operation, due - account.settled, due - account.planned});
  }
  return losses;
}

}  // namespace weir
