#include "backends/cosmos/calibration/observation.h"

namespace weir::cosmos {
namespace {

double ItemsRu(const ChargeModel& model, const std::vector<QueriedItems>& groups) {
  double ru = 0;
  for (const QueriedItems& items : groups) {
    const double each = items.what == QueriedItem::kReturned ? model.ReturnedDocument(items.kb)
                        : items.what == QueriedItem::kSorted ? model.SortedDocument(items.kb)
                                                             : model.ScannedDocument(items.kb);
    ru += items.count * each;
  }
  return ru;
}

CentiRu ModelledCenti(const ChargeModel& model, const Observation& seen) {
  switch (seen.what) {
    case Charged::kRead:
      return model.Read(seen.kb, false);
    case Charged::kReadWithoutBody:
      return model.ReadWithoutBody(false);
    case Charged::kStrongRead:
      return model.Read(seen.kb, true);
    case Charged::kCreate:
      return model.Insert(seen.kb, seen.terms);
    case Charged::kDelete:
      return model.Delete(seen.kb, seen.terms);
    case Charged::kReplace:
    case Charged::kPatch:
      return model.Replace(seen.old_kb, seen.kb, seen.changed_terms);
    case Charged::kQuery: {
      QueryCost cost = seen.query;
      cost.documents = ItemsRu(model, seen.items);
      return model.Query(cost, false);
    }
    case Charged::kFeedPage:
      return model.FeedPage(ItemsRu(model, seen.items), false);
    case Charged::kChangeFeedPage:
      return model.ChangeFeedPage(ItemsRu(model, seen.items), false);
    case Charged::kConflict:
      return model.Conflict();
    case Charged::kRefused:
      return model.Refused();
    case Charged::kThrottled:
      return model.Throttled();
    case Charged::kMetadata:
      return model.Metadata();
  }
  return 0;
}

}  // namespace

const char* NameOf(Charged what) {
  constexpr const char* kNames[kChargedKinds] = {
      "read",  "read, no item", "strong read",      "create",   "delete",  "replace",   "patch",
      "query", "feed page",     "change feed page", "conflict", "refused", "throttled", "metadata"};
  return kNames[static_cast<int>(what)];
}

double Modelled(const ChargeModel& model, const Observation& observation) {
  return static_cast<double>(ModelledCenti(model, observation)) / 100;
}

}  // namespace weir::cosmos
