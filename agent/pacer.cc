#include "agent/pacer.h"

#include <algorithm>

#include "base/clock.h"

namespace weir {
namespace {

constexpr uint64_t kMostAtOnce = 1 << 14;

// When operations were picked up: runs of consecutive ones share a time. In an overload the runs
// are made coarser, by halves, so that memory stays bounded: then times are exact to a
// kMostRuns-th of the time that the backlog spans. A run carries its latest time, so that lag is
// over- and never understated.
class PickUpTimes {
 public:
  void Add(uint64_t operations, int64_t now_ns) {
    if (operations == 0) return;
    if (runs_.empty()) grain_ns_ = kFinestGrainNs;
    if (!runs_.empty() && now_ns - runs_.back().from_ns < grain_ns_) {
      runs_.back().operations += operations;
      runs_.back().at_ns = now_ns;
      return;
    }
    if (runs_.size() >= kMostRuns) Coarsen();
    runs_.push_back({operations, now_ns, now_ns});
  }

  int64_t TakeOne() {
    const int64_t at_ns = runs_.front().at_ns;
    if (--runs_.front().operations == 0) runs_.pop_front();
    return at_ns;
  }

 private:
  static constexpr int64_t kFinestGrainNs = 1000;
  static constexpr size_t kMostRuns = 1 << 16;

  struct Run {
    uint64_t operations;
    int64_t from_ns;  // of its first
    int64_t at_ns;    // of its last
  };

  // Brings neighbours together until at least half of the room is free.
  void Coarsen() {
    while (runs_.size() > kMostRuns / 2) {
      grain_ns_ *= 2;
      size_t kept = 0;
      for (size_t i = 1; i < runs_.size(); ++i) {
        if (runs_[i].at_ns - runs_[kept].from_ns >= grain_ns_) {
          runs_[++kept] = runs_[i];
          continue;
        }
        runs_[kept].operations += runs_[i].operations;
        runs_[kept].at_ns = runs_[i].at_ns;
      }
      runs_.resize(kept + 1);
    }
  }

  std::deque<Run> runs_;
  int64_t grain_ns_ = kFinestGrainNs;
};

class OpenPacer final : public Pacer {
 public:
  OpenPacer(const Schedule& schedule, Stride stride, int64_t start_ns)
      : start_ns_(start_ns),
        due_(schedule.Cursor(stride.first, stride.step)),
        taken_(schedule.Cursor(stride.first, stride.step)) {}

  bool Notice(const PickUp& pick_up, absl::FunctionRef<void(uint64_t, int64_t)> planned) override {
    const int64_t at_ns = pick_up.now_ns - pick_up.held_ns;
    uint64_t noticed = 0;
    for (; noticed < kMostAtOnce && NextDueNs() <= pick_up.due_until_ns; due_->Advance()) {
      planned(due_->index(), NextDueNs());
      picked_up_.Add(1, std::max(NextDueNs(), at_ns));
      ++noticed;
    }
    backlog_ += noticed;
    return noticed < kMostAtOnce;
  }

  std::optional<DueOperation> Take() override {
    if (backlog_ == 0) return std::nullopt;
    const DueOperation due{taken_->index(), start_ns_ + taken_->offset_ns(), picked_up_.TakeOne()};
    taken_->Advance();
    --backlog_;
    return due;
  }

  int64_t OldestDueNs() const override {
    return backlog_ == 0 ? kNever : start_ns_ + taken_->offset_ns();
  }
  int64_t NextDueNs() const override {
    return due_->done() ? kNever : start_ns_ + due_->offset_ns();
  }
  void Freed(int64_t) override {}
  bool Finished() const override { return due_->done() && backlog_ == 0; }
  uint64_t Backlog() const override { return backlog_; }

 private:
  const int64_t start_ns_;
  std::unique_ptr<ScheduleCursor> due_;
  std::unique_ptr<ScheduleCursor> taken_;
  PickUpTimes picked_up_;
  uint64_t backlog_ = 0;
};

class ClosedPacer final : public Pacer {
 public:
  ClosedPacer(const ClosedPacing& pacing, Stride stride, int64_t start_ns)
      : pacing_(pacing), stride_(stride), next_index_(stride.first) {
    for (uint32_t i = 0; i < pacing.turns; ++i) turns_.push_back(start_ns);
  }

  bool Notice(const PickUp& pick_up, absl::FunctionRef<void(uint64_t, int64_t)> planned) override {
    for (; NextDueNs() <= pick_up.due_until_ns; turns_.pop_front()) {
      due_.push_back({next_index_, turns_.front(), pick_up.now_ns});
      planned(next_index_, turns_.front());
      next_index_ += stride_.step;
    }
    return true;  // no more than there are sessions
  }

  std::optional<DueOperation> Take() override {
    if (due_.empty()) return std::nullopt;
    const DueOperation due = due_.front();
    due_.pop_front();
    return due;
  }

  int64_t OldestDueNs() const override { return due_.empty() ? kNever : due_.front().intended_ns; }
  int64_t NextDueNs() const override { return Exhausted() ? kNever : turns_.front(); }

  void Freed(int64_t now_ns) override { turns_.push_back(now_ns + pacing_.think_ns); }

  // Without a turn left it is not finished: an operation in flight will free its session.
  bool Finished() const override {
    const bool over =
        next_index_ >= pacing_.operations || (!turns_.empty() && turns_.front() >= pacing_.end_ns);
    return over && due_.empty();
  }
  uint64_t Backlog() const override { return due_.size(); }

 private:
  bool Exhausted() const {
    return turns_.empty() || turns_.front() >= pacing_.end_ns || next_index_ >= pacing_.operations;
  }

  const ClosedPacing pacing_;
  const Stride stride_;
  uint64_t next_index_;
  std::deque<int64_t> turns_;  // in order of time, as every wait is the same
  std::deque<DueOperation> due_;
};

}  // namespace

std::unique_ptr<Pacer> MakeOpenPacer(const Schedule& schedule, Stride stride, int64_t start_ns) {
  return std::make_unique<OpenPacer>(schedule, stride, start_ns);
}

std::unique_ptr<Pacer> MakeClosedPacer(const ClosedPacing& pacing, Stride stride,
                                       int64_t start_ns) {
  return std::make_unique<ClosedPacer>(pacing, stride, start_ns);
}

}  // namespace weir
