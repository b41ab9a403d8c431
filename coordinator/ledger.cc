#include "coordinator/ledger.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace weir {

void Ledger::Expect(const google::protobuf::RepeatedPtrField<v1::PlannedCounts>& plan) {
  has_plan_ = !plan.empty();
  plan_.reserve(static_cast<size_t>(plan.size()));
  for (const v1::PlannedCounts& counts : plan) plan_.emplace_back(counts);
}

void Ledger::Resume(uint32_t second) { resumed_ = second; }

bool Ledger::Follows(const Key& key) const {
  return resumed_ == 0 || (std::get<1>(key) != v1::PHASE_LOAD && std::get<0>(key) >= resumed_);
}

uint64_t Ledger::Announced(const Key& key) const {
  const auto& [second, phase, operation] = key;
  uint64_t announced = 0;
  for (const PlannedSeconds& planned : plan_) {
    if (planned.phase() != phase || planned.operation() != operation) continue;
    announced += planned.At(second);
  }
  return announced;
}

void Ledger::Close(const Key& key) {
  const auto& [second, phase, operation] = key;
  for (PlannedSeconds& planned : plan_) {
    if (planned.phase() == phase && planned.operation() == operation) planned.Settle(second);
  }
}

// A load's operations fall due when a session is free: its plan has no seconds but a whole.
void Ledger::Book(const ReportView& report) {
  for (const ReportView::Part& part : report.parts()) {
    const uint32_t second = part.phase == v1::PHASE_LOAD ? 0 : report.second() - part.age;
    const Key key{second, part.phase, part.operation};
    if (!Follows(key)) continue;
    auto place = std::lower_bound(open_.begin(), open_.end(), key,
                                  [](const auto& entry, const Key& k) { return entry.first < k; });
    if (place == open_.end() || place->first != key) {
      place = open_.insert(place, {key, {.announced = Announced(key)}});
    }
    place->second.planned += part.tally.counts.planned();
    place->second.settled += part.tally.counts.Settled();
  }
  // In a second that is over nothing more falls due; a load has one second for all.
  const auto is_over = [&](const std::pair<Key, Account>& entry) {
    if (std::get<0>(entry.first) >= report.second()) return false;
    const bool load = std::get<1>(entry.first) == v1::PHASE_LOAD && !has_plan_;
    if (load || !Balances(entry.second, /*whole=*/true)) return false;
    Close(entry.first);
    return true;
  };
  std::erase_if(open_, is_over);
}

bool Ledger::Balances(const Account& account, bool whole) const {
  if (account.planned != account.settled) return false;
  return !has_plan_ || !whole || account.planned == account.announced;
}

std::map<Ledger::Key, Ledger::Account> Ledger::AllOpen() const {
  std::map<Key, Account> all(open_.begin(), open_.end());
  for (const PlannedSeconds& planned : plan_) {
    for (uint32_t s = planned.first_second(); s < planned.end_second(); ++s) {
      const Key key{s, planned.phase(), planned.operation()};
      if (planned.At(s) > 0 && Follows(key))
        all.try_emplace(key, Account{.announced = Announced(key)});
    }
  }
  return all;
}

std::string Ledger::Balance(bool whole) const {
  for (const auto& [key, account] : AllOpen()) {
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
  for (const auto& [key, account] : AllOpen()) {
    const auto& [second, phase, operation] = key;
    uint64_t due = account.planned;
    if (second < end || phase == v1::PHASE_LOAD) due = std::max(due, account.announced);
    if (due <= account.settled) continue;
    losses.push_back({second, phase, operation, due - account.settled, due - account.planned});
  }
  return losses;
}

}  // namespace weir
