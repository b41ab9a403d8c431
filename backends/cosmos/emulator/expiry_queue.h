// When items expire. An entry is a reminder to look at the item again, not a fact about it: items
// that are replaced or deleted leave theirs behind. Guarded by its partition's mutex.
#pragma once

#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

namespace weir::cosmos::emulator {

class ExpiryQueue {
 public:
  bool empty() const { return entries_.empty(); }
  // second: since 1970. number: the item's within its partition.
  void Add(uint32_t second, uint64_t number) { entries_.push({second, number}); }
  bool IsDue(uint32_t now) const { return !entries_.empty() && entries_.top().first <= now; }
  // The number of the entry that is due first.
  uint64_t Pop() {
    const uint64_t number = entries_.top().second;
    entries_.pop();
    return number;
  }
  void Clear() { entries_ = {}; }

 private:
  using Entry = std::pair<uint32_t, uint64_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> entries_;
};

}  // namespace weir::cosmos::emulator
