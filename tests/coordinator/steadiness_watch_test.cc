#include "coordinator/steadiness_watch.h"

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "base/clock.h"
#include "base/random.h"
#include "coordinator/leg_verdict.h"
#include "coordinator/stage_record.h"

namespace weir {
namespace {

constexpr uint64_t kPerSecond = 400;
constexpr uint32_t kWarmUp = 10;

v1::Scenario MeasuredFor(int64_t seconds) {
  v1::Scenario scenario;
  scenario.mutable_phases()->mutable_warm_up()->set_ns(kWarmUp * kNsPerSecond);
  scenario.mutable_phases()->mutable_measure()->set_ns(seconds * kNsPerSecond);
  scenario.mutable_timeout()->set_ns(30 * kNsPerSecond);
  scenario.mutable_shape()->mutable_open()->set_sessions(4);
  return scenario;
}

// Merges one agent's seconds, keeps them as the results store does, and shows them to the watch.
class Stage : public KeptSeconds {
 public:
  // How many times slower than usual the operations intended in a second are.
  using Slowness = std::function<double(uint32_t second)>;

  explicit Stage(const v1::Scenario& scenario)
      : scenario_(scenario), watch_(scenario_), merge_(1) {}

  void Run(const Slowness& slowness) {
    const v1::Phases& phases = scenario_.phases();
    const auto end =
        static_cast<uint32_t>((phases.warm_up().ns() + phases.measure().ns()) / kNsPerSecond);
    for (uint32_t second = 0; second <= end; ++second) {
      v1::IntervalReport report;
      report.set_sequence(second + 1);
      report.mutable_interval()->set_second(second);
      if (second < end)
        *report.mutable_interval()->add_operations() = Now(second, slowness(second));
      if (second > 0) *report.mutable_interval()->add_operations() = Late(second - 1);
      ASSERT_TRUE(merge_.Add(0, report, [this](const MergedSecond& s) { Show(s); }).ok());
    }
    v1::StageDone done;
    done.set_last_sequence(end + 1);
    const absl::Status finished =
        merge_.Finish(0, done, [this](const MergedSecond& s) { Show(s); });
    ASSERT_TRUE(finished.ok()) << finished;
    std::vector<v1::StageDone> ends = {done};
    RecordStage({.task = v1::TASK_DRIVE, .scenario = scenario_, .ends = ends, .starts = {{}}},
                merge_, &leg_);
  }

  v1::Leg& Conclude(bool cut_short = false) {
    watch_.Conclude(cut_short, *this, &leg_);
    return leg_;
  }

  absl::Status ReadBack(
      const v1::Leg&,
      absl::FunctionRef<absl::Status(v1::Phase, const v1::Interval&)> visit) override {
    for (const v1::Interval& interval : kept_) {
      if (const absl::Status status = visit(v1::PHASE_MEASURE, interval); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

  std::vector<v1::Interval>& kept() { return kept_; }

 private:
  v1::OperationInterval Part(uint32_t intended, uint32_t age) const {
    v1::OperationInterval part;
    const bool warm_up = intended * kNsPerSecond < scenario_.phases().warm_up().ns();
    part.set_phase(warm_up ? v1::PHASE_WARM_UP : v1::PHASE_MEASURE);
    part.set_age(age);
    return part;
  }

  // All but one of the operations end in the second in which they are intended.
  v1::OperationInterval Now(uint32_t second, double slowness) const {
    v1::OperationInterval part = Part(second, 0);
    Tally tally;
    DrawStream draws(42, second);
    for (uint64_t i = 0; i + 1 < kPerSecond; ++i) {
      tally.response.Record(static_cast<uint64_t>(slowness * 1e6 * (1 + draws.Unit())));
    }
    tally.counts().set_planned(kPerSecond);
    tally.counts().set_ok(kPerSecond - 1);
    tally.counts().set_milli_ru(1000 * (kPerSecond - 1));
    *part.mutable_tally() = tally.ToProto();
    return part;
  }

  v1::OperationInterval Late(uint32_t intended) const {
    v1::OperationInterval part = Part(intended, 1);
    part.mutable_tally()->set_timed_out(1);
    part.mutable_tally()->set_milli_ru(1000);
    return part;
  }

  void Show(const MergedSecond& second) {
    watch_.Add(second);
    kept_.push_back(second.ToProto());
  }

  const v1::Scenario scenario_;
  SteadinessWatch watch_;
  StageMerge merge_;
  std::vector<v1::Interval> kept_;
  v1::Leg leg_;
};

const v1::PhaseSpan& SpanOf(const v1::Leg& leg, v1::Phase phase) {
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() == phase) return span;
  }
  ADD_FAILURE() << "no such span";
  return v1::PhaseSpan::default_instance();
}

const v1::Tally& TotalOf(const v1::Leg& leg, v1::Phase phase) {
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == phase) return result.total();
  }
  ADD_FAILURE() << "no such result";
  return v1::Tally::default_instance();
}

double Always(uint32_t) { return 1; }

TEST(SteadinessWatch, LeavesASteadyLegAsItIs) {
  Stage stage(MeasuredFor(90));
  stage.Run(Always);
  const v1::Leg& leg = stage.Conclude();
  EXPECT_TRUE(leg.steadiness().judged());
  EXPECT_TRUE(leg.steadiness().steady()) << leg.steadiness().DebugString();
  EXPECT_EQ(leg.steadiness().cut_seconds(), 0u);
  EXPECT_EQ(TotalOf(leg, v1::PHASE_MEASURE).planned(), 90 * kPerSecond);
}

// The measure phase begins where the response times have settled, and what was before is warm-up:
// every operation counts where it was intended, wherever it ended.
TEST(SteadinessWatch, CountsAnUnsteadyStartAsWarmUp) {
  Stage stage(MeasuredFor(120));
  stage.Run([](uint32_t second) { return second < kWarmUp + 20 ? 4.0 : 1.0; });
  const v1::Leg& leg = stage.Conclude();
  ASSERT_TRUE(leg.steadiness().steady()) << leg.steadiness().DebugString();
  const uint32_t cut = leg.steadiness().cut_seconds();
  ASSERT_GE(cut, 20u);
  ASSERT_LE(cut, 60u);
  const uint32_t from = kWarmUp + cut;
  const uint64_t measured = 120 - cut;
  EXPECT_EQ(SpanOf(leg, v1::PHASE_WARM_UP).duration_ns(), from * kNsPerSecond);
  EXPECT_EQ(SpanOf(leg, v1::PHASE_MEASURE).first_second(), from);
  EXPECT_EQ(SpanOf(leg, v1::PHASE_MEASURE).duration_ns(),
            static_cast<int64_t>(measured) * kNsPerSecond);
  const v1::Tally& warm_up = TotalOf(leg, v1::PHASE_WARM_UP);
  EXPECT_EQ(warm_up.planned(), from * kPerSecond);
  EXPECT_EQ(warm_up.timed_out(), from);
  const v1::Tally& measure = TotalOf(leg, v1::PHASE_MEASURE);
  EXPECT_EQ(measure.planned(), measured * kPerSecond);
  EXPECT_EQ(measure.ok(), measured * (kPerSecond - 1));
  EXPECT_EQ(measure.timed_out(), measured);
  EXPECT_EQ(measure.milli_ru(), measured * 1000 * kPerSecond);
  Histogram response;
  ASSERT_TRUE(response.AddEncodedV2(measure.response()).ok());
  EXPECT_EQ(response.count(), measure.ok());
  EXPECT_LT(response.Max(), 2'100'000u);  // of the slow start nothing is left
}

TEST(SteadinessWatch, GivesALegWithoutWarmUpOne) {
  v1::Scenario scenario = MeasuredFor(130);
  scenario.mutable_phases()->mutable_warm_up()->set_ns(0);
  Stage stage(scenario);
  stage.Run([](uint32_t second) { return second < 25 ? 4.0 : 1.0; });
  const v1::Leg& leg = stage.Conclude();
  const uint32_t cut = leg.steadiness().cut_seconds();
  ASSERT_GE(cut, 25u) << leg.steadiness().DebugString();
  ASSERT_EQ(leg.spans_size(), 2);
  EXPECT_EQ(leg.spans(0).phase(), v1::PHASE_WARM_UP);
  EXPECT_EQ(leg.spans(0).duration_ns(), cut * kNsPerSecond);
  EXPECT_EQ(leg.spans(1).first_second(), cut);
  EXPECT_EQ(leg.spans(1).duration_ns(), (130 - cut) * kNsPerSecond);
}

TEST(SteadinessWatch, MakesNoSteadyStateClaimAfterAChange) {
  Stage stage(MeasuredFor(120));
  stage.Run([](uint32_t second) { return second < kWarmUp + 70 ? 1.0 : 1.3; });
  v1::Leg& leg = stage.Conclude();
  EXPECT_TRUE(leg.steadiness().judged());
  EXPECT_FALSE(leg.steadiness().steady());
  EXPECT_EQ(TotalOf(leg, v1::PHASE_MEASURE).planned(), 120 * kPerSecond);
  leg.clear_verdict();
  JudgeLeg({}, &leg);
  EXPECT_EQ(leg.verdict().validity(), v1::VALIDITY_DEGRADED);
  bool said = false;
  for (const std::string& reason : leg.verdict().reasons()) {
    said |= reason.rfind("NOT STEADY, no steady-state claim: ", 0) == 0;
  }
  EXPECT_TRUE(said) << leg.verdict().DebugString();
}

TEST(SteadinessWatch, CutsNothingThatTheKeptSecondsDoNotAddUpTo) {
  Stage stage(MeasuredFor(120));
  stage.Run([](uint32_t second) { return second < kWarmUp + 20 ? 4.0 : 1.0; });
  stage.kept().pop_back();
  const v1::Leg& leg = stage.Conclude();
  EXPECT_FALSE(leg.steadiness().steady());
  EXPECT_EQ(leg.steadiness().cut_seconds(), 0u);
  EXPECT_EQ(TotalOf(leg, v1::PHASE_MEASURE).planned(), 120 * kPerSecond);
}

TEST(SteadinessWatch, DoesNotJudgeWhatIsShortOrCutShortOrChangesByPlan) {
  Stage brief(MeasuredFor(30));
  brief.Run(Always);
  EXPECT_FALSE(brief.Conclude().steadiness().judged());

  Stage stopped(MeasuredFor(90));
  stopped.Run(Always);
  EXPECT_FALSE(stopped.Conclude(true).steadiness().judged());

  v1::Scenario ramp = MeasuredFor(90);
  ramp.mutable_shape()->mutable_open()->add_stages();
  Stage ramped(ramp);
  ramped.Run(Always);
  const v1::Steadiness& steadiness = ramped.Conclude().steadiness();
  EXPECT_FALSE(steadiness.judged());
  ASSERT_EQ(steadiness.reasons_size(), 1);
  EXPECT_EQ(steadiness.reasons(0), "the offered rate changes by plan");
}

}  // namespace
}  // namespace weir
