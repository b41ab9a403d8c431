#include "backends/cosmos/emulator/item_sequence.h"

#include <algorithm>
#include <utility>

namespace weir::cosmos::emulator {
namespace {

constexpr uint32_t kLeastRun = 16;
constexpr uint32_t kGreatestRun = 4096;
constexpr uint64_t kGreatestGap = 8;  // within a run, when it is made

}  // namespace

size_t ItemSequence::RunOf(uint64_t number) const {
  if (!runs_.empty() && runs_.back().first <= number) return runs_.size() - 1;
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), number,
                                      [](uint64_t n, const Run& run) { return n < run.first; });
  return after == runs_.begin() ? runs_.size() : static_cast<size_t>(after - runs_.begin()) - 1;
}

void ItemSequence::AddRun(size_t position, uint64_t number, uint32_t capacity, BlockRef ref) {
  Run run{number, 1, capacity, 1, std::make_unique_for_overwrite<BlockRef[]>(capacity)};
  run.refs[0] = ref;
  capacity_ += capacity;
  runs_.insert(runs_.begin() + static_cast<ptrdiff_t>(position), std::move(run));
}

// The number is greater than all.
void ItemSequence::Append(uint64_t number, BlockRef ref) {
  uint32_t capacity = kLeastRun;
  if (!runs_.empty()) {
    Run& last = runs_.back();
    const uint64_t gap = number - last.end();
    if (gap <= kGreatestGap && last.size + gap < last.capacity) {
      for (uint64_t i = 0; i < gap; ++i) last.refs[last.size++] = 0;
      last.refs[last.size++] = ref;
      ++last.items;
      return;
    }
    if (gap <= kGreatestGap) {
      capacity = std::min(2 * last.capacity, kGreatestRun);
    } else if (last.size < last.capacity) {  // it will not grow any more
      auto fitting = std::make_unique_for_overwrite<BlockRef[]>(last.size);
      std::copy_n(last.refs.get(), last.size, fitting.get());
      capacity_ -= last.capacity - last.size;
      last.refs = std::move(fitting);
      last.capacity = last.size;
    }
  }
  AddRun(runs_.size(), number, capacity, ref);
}

void ItemSequence::Set(uint64_t number, StoredDocument* document) {
  const BlockRef ref = ItemMemory::RefOf(document);
  if (runs_.empty() || number >= runs_.back().end()) {
    Append(number, ref);
    ++size_;
    return;
  }
  const size_t at = RunOf(number);
  if (at < runs_.size() && number < runs_[at].end()) {
    BlockRef& place = runs_[at].refs[number - runs_[at].first];
    const uint32_t made = place == 0 ? 1 : 0;
    runs_[at].items += made;
    size_ += made;
    place = ref;
    return;
  }
  AddRun(at == runs_.size() ? 0 : at + 1, number, 1, ref);
  ++size_;
}

void ItemSequence::Erase(uint64_t number) {
  const size_t at = RunOf(number);
  if (at == runs_.size() || number >= runs_[at].end()) return;
  Run& run = runs_[at];
  BlockRef& place = run.refs[number - run.first];
  if (place == 0) return;
  place = 0;
  --size_;
  if (--run.items > 0) return CompactIfWorthIt();
  capacity_ -= run.capacity;
  runs_.erase(runs_.begin() + static_cast<ptrdiff_t>(at));
}

// Where few items are left of many, each keeps a run of its own alive.
void ItemSequence::CompactIfWorthIt() {
  if (capacity_ < 16 * size_ + (size_t{64} << 10)) return;
  std::vector<Run> old = std::move(runs_);
  runs_.clear();
  capacity_ = 0;
  for (const Run& run : old) {
    for (uint32_t i = 0; i < run.size; ++i) {
      if (run.refs[i] != 0) Append(run.first + i, run.refs[i]);
    }
  }
}

void ItemSequence::Clear() {
  runs_.clear();
  size_ = capacity_ = 0;
}

StoredDocument* ItemSequence::Find(uint64_t number) const {
  const size_t at = RunOf(number);
  if (at == runs_.size() || number >= runs_[at].end()) return nullptr;
  return memory_->At<StoredDocument>(runs_[at].refs[number - runs_[at].first]);
}

const StoredDocument* ItemSequence::LastOf(const Run& run) const {
  uint32_t at = run.size;
  while (run.refs[at - 1] == 0) --at;
  return memory_->At<StoredDocument>(run.refs[at - 1]);
}

ItemSequence::Walk ItemSequence::WalkFrom(size_t run, size_t at) const {
  Walk walk;
  walk.sequence_ = this;
  walk.run_ = run;
  walk.at_ = at;
  return walk;
}

ItemSequence::Walk ItemSequence::After(uint64_t number) const {
  const size_t run = RunOf(number);
  if (run == runs_.size()) return WalkFrom(0, 0);
  return WalkFrom(run, static_cast<size_t>(number - runs_[run].first) + 1);
}

StoredDocument* ItemSequence::Walk::Next() {
  const std::vector<Run>& runs = sequence_->runs_;
  for (; run_ < runs.size(); ++run_, at_ = 0) {
    const Run& run = runs[run_];
    while (at_ < run.size) {
      const BlockRef ref = run.refs[at_++];
      if (ref != 0) return sequence_->memory_->At<StoredDocument>(ref);
    }
  }
  return nullptr;
}

}  // namespace weir::cosmos::emulator
