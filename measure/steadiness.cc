#include "measure/steadiness.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"

#include "measure/level_shifts.h"
#include "measure/mser.h"
#include "measure/theil_sen.h"

namespace weir {
namespace {

constexpr size_t kBatch = 5;
// A cut has to be more than chance: see StandardErrorsApart.
constexpr double kCutStandardErrors = 4;
constexpr double kMostDriftPerMinute = 0.01;
constexpr double kMostHiddenDrift = 0.5;  // over what was kept of the phase
// Longer phases are looked at in points of several seconds, to bound time and memory.
constexpr size_t kMostPoints = 120;
constexpr const char* kDriftSeries = "response_p99";

absl::Span<const double> After(const SecondSeries& series, size_t cut) {
  return absl::MakeConstSpan(series.values).subspan(cut);
}

size_t CutOf(const SecondSeries& series) {
  const std::vector<double> batches = BatchMeans(series.values, kBatch);
  const size_t cut = MserCut(batches);
  return StandardErrorsApart(batches, cut) < kCutStandardErrors ? 0 : cut * kBatch;
}

std::string ShiftText(const SecondSeries& series, const v1::ChangePoint& change, size_t more) {
  return absl::StrFormat("%s went from %.4g%s to %.4g%s at second %d%s", series.words,
                         change.before(), series.unit, change.after(), series.unit, change.second(),
                         more == 0 ? "" : absl::StrCat(", and changed ", more, " times more"));
}

class Judge {
 public:
  Judge(const std::vector<SecondSeries>& series, uint32_t first_second)
      : series_(series), first_second_(first_second), seconds_(series.front().values.size()) {}

  v1::Steadiness Run() {
    result_.set_judged(true);
    FindCut();
    for (const SecondSeries& series : series_) {
      FindShifts(series);
      FindDrift(series);
    }
    const bool doubtful = result_.reasons().empty() && !doubts_.empty();
    for (const std::string& doubt : doubts_) {
      if (doubtful) Say(doubt);
    }
    result_.set_judged(!doubtful);
    result_.set_steady(result_.reasons().empty());
    if (!result_.steady()) result_.set_cut_seconds(0);
    return std::move(result_);
  }

 private:
  void FindCut() {
    const SecondSeries* last = nullptr;
    for (const SecondSeries& series : series_) {
      const size_t cut = CutOf(series);
      if (cut <= cut_) continue;
      cut_ = cut;
      last = &series;
    }
    result_.set_cut_seconds(static_cast<uint32_t>(cut_));
    if (2 * cut_ <= seconds_) return;
    Say(absl::StrFormat("%s settled only %d s into the measure phase of %d s", last->words, cut_,
                        seconds_));
    cut_ = 0;  // what is looked at further is the whole phase
  }

  size_t PointSeconds() const { return (seconds_ - cut_ + kMostPoints - 1) / kMostPoints; }

  void FindShifts(const SecondSeries& series) {
    const size_t width = PointSeconds();
    const std::vector<LevelShift> shifts =
        FindLevelShifts(BatchMeans(After(series, cut_), width), {});
    for (size_t i = 0; i < shifts.size(); ++i) {
      v1::ChangePoint* change = result_.add_changes();
      change->set_series(series.name);
      change->set_second(first_second_ + static_cast<uint32_t>(cut_ + shifts[i].at * width));
      change->set_before(shifts[i].before * series.scale);
      change->set_after(shifts[i].after * series.scale);
      if (i == 0) Say(ShiftText(series, *change, shifts.size() - 1));
    }
  }

  void FindDrift(const SecondSeries& series) {
    const size_t width = PointSeconds();
    const std::vector<double> points = BatchMeans(After(series, cut_), width);
    const double middle = Median(points);
    if (middle <= 0) return;
    const Slope slope = TheilSen(points);
    const double per_minute = slope.median * 60 / static_cast<double>(width) / middle;
    if (series.name == kDriftSeries) result_.set_drift_per_minute(per_minute);
    if (!slope.Certain())
      return FindDoubt(series, slope, static_cast<double>(points.size()), middle);
    if (std::abs(per_minute) < kMostDriftPerMinute) return;
    Say(absl::StrFormat("%s drifted by %+.1f %% per minute", series.words, 100 * per_minute));
  }

  // Noise that could hide a drift by half: then nothing can be said.
  void FindDoubt(const SecondSeries& series, const Slope& slope, double points, double middle) {
    const double hidden = std::max(-slope.low, slope.high) * points / middle;
    if (hidden <= kMostHiddenDrift) return;
    doubts_.push_back(
        absl::StrFormat("%s varies too much: it may have drifted by %.0f %% over the phase, unseen",
                        series.words, 100 * hidden));
  }

  void Say(const std::string& reason) { result_.add_reasons(reason); }

  const std::vector<SecondSeries>& series_;
  const uint32_t first_second_;
  const size_t seconds_;
  size_t cut_ = 0;
  std::vector<std::string> doubts_;
  v1::Steadiness result_;
};

v1::Steadiness NotJudged(const std::string& reason) {
  v1::Steadiness result;
  result.add_reasons(reason);
  return result;
}

}  // namespace

v1::Steadiness JudgeSteadiness(const std::vector<SecondSeries>& series, uint32_t first_second) {
  if (series.empty()) return NotJudged("nothing was measured that could be judged");
  const size_t seconds = series.front().values.size();
  if (seconds < kLeastSteadySeconds) {
    return NotJudged(absl::StrCat("a measure phase of ", seconds,
                                  " s is too short to be judged: that takes ", kLeastSteadySeconds,
                                  " s"));
  }
  return Judge(series, first_second).Run();
}

}  // namespace weir
