#include "coordinator/open_parts.h"

#include <utility>

namespace weir {

std::unique_ptr<Tally> TallyStock::Take() {
  if (spare_.empty()) return std::make_unique<Tally>();
  std::unique_ptr<Tally> tally = std::move(spare_.back());
  spare_.pop_back();
  return tally;
}

void TallyStock::GiveBack(std::unique_ptr<Tally> tally) {
  tally->Clear();
  spare_.push_back(std::move(tally));
}

OpenParts::Part& OpenParts::In(const TallyKey& key, TallyStock& stock) {
  Part& part = parts_[key];
  if (part.tally == nullptr) part.tally = stock.Take();
  return part;
}

absl::Status OpenParts::AddHistograms(const std::vector<ReportView::Part>& parts,
                                      TallyStock& stock) {
  std::vector<TallyKey> made;  // by these
  for (size_t i = 0; i < parts.size(); ++i) {
    const TallyKey key{parts[i].phase, parts[i].operation, parts[i].age};
    const size_t before = parts_.size();
    Part& place = In(key, stock);
    if (parts_.size() > before) made.push_back(key);
    const absl::Status added = place.tally->AddHistograms(parts[i].tally);
    if (added.ok()) continue;
    while (i-- > 0) {
      const ReportView::Part& earlier = parts[i];
      In({earlier.phase, earlier.operation, earlier.age}, stock)
          .tally->TakeBackHistograms(earlier.tally);
    }
    for (const TallyKey& empty : made) {
      stock.GiveBack(std::move(parts_[empty].tally));
      parts_.erase(empty);
    }
    return added;
  }
  return absl::OkStatus();
}

}  // namespace weir
