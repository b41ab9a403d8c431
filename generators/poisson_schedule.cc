#include "generators/poisson_schedule.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "generators/poisson.h"

namespace weir {
namespace {

constexpr int64_t kBlockNs = 1'000'000'000;
constexpr uint64_t kLeafOperations = 64;

// Operations within a dyadic part of a block: `position` of 2^depth equal parts.
struct Part {
  uint64_t operations;
  uint64_t position = 0;
  int depth = 0;

  bool IsLeaf() const { return operations <= kLeafOperations || depth >= 58; }
  uint64_t Id() const { return (uint64_t{1} << depth) + position; }
};

// How many of a part's operations lie in its first half: ones in as many random bits.
uint64_t CountFirstHalf(uint64_t key, const Part& part) {
  DrawStream draws(key, part.Id());
  uint64_t ones = 0;
  uint64_t left = part.operations;
  for (; left >= 64; left -= 64) ones += std::popcount(draws.Next());
  if (left > 0) ones += std::popcount(draws.Next() >> (64 - left));
  return ones;
}

std::pair<Part, Part> Halve(uint64_t key, const Part& part) {
  const uint64_t first = CountFirstHalf(key, part);
  return {Part{first, part.position * 2, part.depth + 1},
          Part{part.operations - first, part.position * 2 + 1, part.depth + 1}};
}

class PoissonSchedule : public Schedule {
 public:
  PoissonSchedule(RateProfile profile, uint64_t seed)
      : profile_(std::move(profile)), key_(DeriveKey(seed, "poisson arrivals")) {
    const int64_t blocks = (profile_.duration_ns() + kBlockNs - 1) / kBlockNs;
    before_.reserve(blocks + 1);
    before_.push_back(0);
    for (int64_t block = 0; block < blocks; ++block) {
      const FemtoOperations planned = profile_.Planned(End(block)) - profile_.Planned(Start(block));
      DrawStream draws(BlockKey(block), 0);
      const double mean = static_cast<double>(planned) / static_cast<double>(kFemtoPerOperation);
      before_.push_back(before_.back() + PoissonCount(mean, draws));
    }
  }

  uint64_t size() const override { return before_.back(); }
  int64_t duration_ns() const override { return profile_.duration_ns(); }
  std::unique_ptr<ScheduleCursor> Cursor(uint64_t first, uint64_t step) const override;
  uint64_t CountBefore(int64_t offset_ns) const override;

  int64_t Start(int64_t block) const { return block * kBlockNs; }
  int64_t End(int64_t block) const {
    return std::min((block + 1) * kBlockNs, profile_.duration_ns());
  }
  uint64_t BlockKey(int64_t block) const { return Draw(key_, static_cast<uint64_t>(block)); }
  uint64_t Before(int64_t block) const { return before_[block]; }
  Part Whole(int64_t block) const { return Part{before_[block + 1] - before_[block]}; }
  int64_t BlockOf(uint64_t index) const {
    return std::upper_bound(before_.begin(), before_.end(), index) - before_.begin() - 1;
  }

  // When the fraction of a block's planned operations, as 0.64 binary, is reached.
  int64_t TimeOf(int64_t block, uint64_t fraction) const {
    const int64_t start = Start(block);
    const int64_t end = End(block);
    if (profile_.IsLevel(start, end)) {
      return start + static_cast<int64_t>(Below(fraction, static_cast<uint64_t>(end - start)));
    }
    const FemtoOperations first = profile_.Planned(start);
    const FemtoOperations planned = profile_.Planned(end) - first;
    // A block of one second at 10⁹/s plans 10²⁴: in two steps, to stay within 128 bits.
    const FemtoOperations high = (planned >> 32) * (fraction >> 32);
    const FemtoOperations low = ((planned & 0xffffffff) * fraction) >> 64;
    const FemtoOperations middle = ((planned >> 32) * (fraction & 0xffffffff)) >> 32;
    return std::clamp(profile_.TimeOf(first + high + middle + low), start, end - 1);
  }

  // The offsets of a leaf's operations, ascending.
  void FillLeaf(int64_t block, const Part& part, int64_t* offsets) const {
    const uint64_t key = BlockKey(block);
    for (uint64_t i = 0; i < part.operations; ++i) {
      const uint64_t within = Draw(key ^ part.Id(), ~i);
      const uint64_t fraction =
          part.depth == 0 ? within : (part.position << (64 - part.depth)) + (within >> part.depth);
      offsets[i] = TimeOf(block, fraction);
    }
    std::sort(offsets, offsets + part.operations);
  }

 private:
  RateProfile profile_;
  uint64_t key_;
  std::vector<uint64_t> before_;  // operations before each block; one more for the end
};

// Keeps one leaf's offsets and, on a stack, the parts of the block that come after it.
class PoissonCursor : public ScheduleCursor {
 public:
  PoissonCursor(const PoissonSchedule& schedule, uint64_t first, uint64_t step)
      : schedule_(schedule), step_(step), index_(first) {
    WEIR_CHECK(step > 0);
    Seek();
  }

  bool done() const override { return index_ >= schedule_.size(); }
  uint64_t index() const override { return index_; }
  int64_t offset_ns() const override { return offsets_[index_ - leaf_begin_]; }
  void Advance() override {
    index_ += step_;
    if (index_ >= leaf_end_) Seek();
  }

 private:
  void Seek() {
    if (done()) return;
    if (index_ >= block_end_) EnterBlock(schedule_.BlockOf(index_));
    const uint64_t key = schedule_.BlockKey(block_);
    while (index_ >= leaf_end_) {
      Part part = stack_[--depth_];
      if (index_ >= leaf_end_ + part.operations) {
        leaf_end_ += part.operations;
      } else if (part.IsLeaf()) {
        TakeLeaf(part);
      } else {
        const auto [first, second] = Halve(key, part);
        stack_[depth_++] = second;
        stack_[depth_++] = first;
      }
    }
  }

  void EnterBlock(int64_t block) {
    block_ = block;
    leaf_end_ = schedule_.Before(block);
    block_end_ = schedule_.Before(block + 1);
    stack_[0] = schedule_.Whole(block);
    depth_ = 1;
  }

  void TakeLeaf(const Part& part) {
    schedule_.FillLeaf(block_, part, offsets_.data());
    leaf_begin_ = leaf_end_;
    leaf_end_ += part.operations;
  }

  const PoissonSchedule& schedule_;
  const uint64_t step_;
  uint64_t index_;
  int64_t block_ = -1;
  uint64_t block_end_ = 0;
  uint64_t leaf_begin_ = 0;
  uint64_t leaf_end_ = 0;  // also: the index at which the top of the stack begins
  int depth_ = 0;
  std::array<Part, 128> stack_;
  std::array<int64_t, kLeafOperations> offsets_;
};

std::unique_ptr<ScheduleCursor> PoissonSchedule::Cursor(uint64_t first, uint64_t step) const {
  return std::make_unique<PoissonCursor>(*this, first, step);
}

uint64_t PoissonSchedule::CountBefore(int64_t offset_ns) const {
  if (offset_ns <= 0) return 0;
  if (offset_ns >= duration_ns()) return size();
  const int64_t block = offset_ns / kBlockNs;
  uint64_t count = Before(block);
  Part part = Whole(block);
  while (!part.IsLeaf()) {
    const auto [first, second] = Halve(BlockKey(block), part);
    // Where the halves meet; every operation of the first lies at or before it.
    const bool in_first = offset_ns <= TimeOf(block, second.position << (64 - second.depth));
    if (!in_first) count += first.operations;
    part = in_first ? first : second;
  }
  std::array<int64_t, kLeafOperations> offsets;
  FillLeaf(block, part, offsets.data());
  return count + (std::lower_bound(offsets.begin(), offsets.begin() + part.operations, offset_ns) -
                  offsets.begin());
}

}  // namespace

std::unique_ptr<Schedule> MakePoissonSchedule(RateProfile profile, uint64_t seed) {
  return std::make_unique<PoissonSchedule>(std::move(profile), seed);
}

}  // namespace weir
