#include "backends/cosmos/key_places.h"

#include <functional>
#include <string_view>

#include "backends/cosmos/json_text.h"
#include "backends/cosmos/wire/effective_partition_key.h"

namespace weir::cosmos {
namespace {

constexpr size_t kTried = 512;  // keys, before it is asked whether remembering is worth it

}  // namespace

void KeyPlaces::Start(const PartitionRanges& ranges) {
  ranges_ = &ranges;
  ++start_;
  asked_ = found_ = 0;
}

void KeyPlaces::WorkOut(const PartitionKeyValue& key, Place* place) const {
  place->range = ranges_->Find(HashPartitionKey(key));
  place->header.clear();
  AppendPartitionKeyHeader({&key, 1}, &place->header);
  place->member.clear();
  AppendJsonString(place->header, &place->member);
}

const KeyPlaces::Place& KeyPlaces::Of(const PartitionKeyValue& key) {
  const bool is_worth_it = asked_ < kTried || 2 * found_ > asked_;
  if (key.kind() != PartitionKeyValue::Kind::kString || !is_worth_it) {
    WorkOut(key, &other_);
    return other_;
  }
  ++asked_;
  Known& known = known_[std::hash<std::string_view>()(key.text()) % kKnown];
  if (known.since == start_ && known.text == key.text()) {
    ++found_;
    return known.place;
  }
  known.since = start_;
  known.text = key.text();
  WorkOut(key, &known.place);
  return known.place;
}

}  // namespace weir::cosmos
