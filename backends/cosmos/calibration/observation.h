// What one request cost, with all that the charge model wants to know of it. Plain values.
#pragma once

#include <string>
#include <vector>

#include "backends/cosmos/emulator/charge.h"
#include "backends/cosmos/emulator/charge_explanation.h"

namespace weir::cosmos {

enum class Charged : uint8_t {
  kRead,
  kReadWithoutBody,  // 304, 404
  kStrongRead,
  kCreate,
  kDelete,
  kReplace,
  kPatch,
  kQuery,
  kFeedPage,
  kChangeFeedPage,
  kConflict,
  kRefused,
  kThrottled,
  kMetadata,
};
inline constexpr int kChargedKinds = static_cast<int>(Charged::kMetadata) + 1;
const char* NameOf(Charged what);

// Items of one size that a query or a feed looked at.
struct QueriedItems {
  QueriedItem what = QueriedItem::kReturned;
  double kb = 0;
  int count = 0;
};

struct Observation {
  Charged what = Charged::kRead;
  double kb = 0;      // of the item; of a replace: the new one
  double old_kb = 0;  // of a replace
  int terms = 0;
  int changed_terms = 0;
  QueryCost query;  // without its documents
  std::vector<QueriedItems> items;
  double ru = 0;  // measured
};

// What the model says of it, in RU.
double Modelled(const ChargeModel& model, const Observation& observation);

}  // namespace weir::cosmos
