#include "measure/heavy_hitters.h"

#include <algorithm>
#include <map>
#include <utility>

namespace weir {
namespace {

// By key where they are equal, so that the order does not depend on how things came about.
void SortByUse(std::vector<v1::KeyUse>* uses) {
  std::sort(uses->begin(), uses->end(), [](const v1::KeyUse& a, const v1::KeyUse& b) {
    return a.operations() != b.operations() ? a.operations() > b.operations() : a.key() < b.key();
  });
}

// What a key that is not listed may have had.
uint64_t MostUnlisted(const std::vector<v1::KeyUse>& part) {
  if (part.size() < HeavyHitters::kKeys) return 0;
  uint64_t least = UINT64_MAX;
  for (const v1::KeyUse& use : part) least = std::min<uint64_t>(least, use.operations());
  return least;
}

}  // namespace

HeavyHitters::HeavyHitters() {
  counters_.reserve(kKeys);
  heap_.reserve(kKeys);
  index_.reserve(kKeys);
}

void HeavyHitters::Add(std::string_view key, uint64_t operations, uint64_t milli_ru) {
  const auto known = index_.find(key);
  if (known == index_.end() && operations == 0) return;
  Counter& counter = counters_[known != index_.end() ? known->second : Take(key)];
  counter.operations += operations;
  counter.milli_ru += milli_ru;
  Sink(counter.place);
}

// A free counter, or else that of the key which was used least.
size_t HeavyHitters::Take(std::string_view key) {
  size_t taken = counters_.size();
  if (taken < kKeys) {
    counters_.push_back({.key = std::string(key), .place = taken});
    heap_.push_back(taken);
    // Nothing has been counted for it: it belongs to the top.
    for (size_t place = taken; place > 0; place = (place - 1) / 2) Swap(place, (place - 1) / 2);
  } else {
    taken = heap_.front();
    Counter& counter = counters_[taken];
    index_.erase(counter.key);
    counter.key.assign(key);
    counter.most_too_high = counter.operations;
    counter.milli_ru = 0;
  }
  index_.emplace(counters_[taken].key, taken);
  return taken;
}

void HeavyHitters::Swap(size_t a, size_t b) {
  std::swap(heap_[a], heap_[b]);
  counters_[heap_[a]].place = a;
  counters_[heap_[b]].place = b;
}

void HeavyHitters::Sink(size_t place) {
  const auto used = [this](size_t at) { return counters_[heap_[at]].operations; };
  while (true) {
    size_t least = place;
    for (const size_t child : {2 * place + 1, 2 * place + 2}) {
      if (child < heap_.size() && used(child) < used(least)) least = child;
    }
    if (least == place) return;
    Swap(place, least);
    place = least;
  }
}

std::vector<v1::KeyUse> HeavyHitters::ToProto() const {
  std::vector<v1::KeyUse> uses;
  for (const Counter& counter : counters_) {
    v1::KeyUse& use = uses.emplace_back();
    use.set_key(counter.key);
    use.set_operations(counter.operations);
    use.set_most_too_high(counter.most_too_high);
    use.set_milli_ru(counter.milli_ru);
  }
  SortByUse(&uses);
  return uses;
}

std::vector<v1::KeyUse> MergeKeyUses(absl::Span<const std::vector<v1::KeyUse>> parts, size_t most) {
  uint64_t unlisted = 0;
  for (const auto& part : parts) unlisted += MostUnlisted(part);
  std::map<std::string, v1::KeyUse> merged;
  for (const auto& part : parts) {
    const uint64_t known = MostUnlisted(part);  // it lists the key: nothing is unknown here
    for (const v1::KeyUse& use : part) {
      auto [at, fresh] = merged.try_emplace(use.key());
      v1::KeyUse& sum = at->second;
      if (fresh) {
        sum.set_key(use.key());
        sum.set_operations(unlisted);
        sum.set_most_too_high(unlisted);
      }
      sum.set_operations(sum.operations() + use.operations() - known);
      sum.set_most_too_high(sum.most_too_high() + use.most_too_high() - known);
      sum.set_milli_ru(sum.milli_ru() + use.milli_ru());
    }
  }
  std::vector<v1::KeyUse> uses;
  for (auto& [key, use] : merged) uses.push_back(std::move(use));
  SortByUse(&uses);
  if (uses.size() > most) uses.resize(most);
  return uses;
}

}  // namespace weir
