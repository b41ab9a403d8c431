#include "agent/stage_caps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::HasSubstr;

v1::StageBudget Share(double operations, double ru) {
  v1::StageBudget budget;
  budget.set_operations_per_second(operations);
  budget.set_ru_per_second(ru);
  return budget;
}

std::string Refusal(const v1::StageBudget& share, const OperatorLimits& limits, uint64_t planned,
                    v1::Phase phase = v1::PHASE_MEASURE) {
  v1::Prepared prepared;
  for (int part = 0; part < 2; ++part) {  // two operations share the second
    v1::PlannedCounts* counts = prepared.add_planned();
    counts->set_phase(phase);
    counts->set_first_second(4);
    counts->add_by_second(1);
    counts->add_by_second(planned / 2);
  }
  return std::string(StageCaps::Of(share, limits)->Admit(prepared).message());
}

TEST(StageCaps, APlanWithTooMuchInOneSecondIsRefusedBeforeItStarts) {
  EXPECT_EQ(Refusal(Share(100, 0), {}, 100), "");
  EXPECT_EQ(Refusal(Share(100, 0), {}, 102),
            "its part of the plan has 102 operations in second 5, more than the 100 operations/s "
            "that are its share of the campaign's budget");
}

TEST(StageCaps, TheOperatorsCapStandsWhateverTheCampaignSays) {
  EXPECT_THAT(Refusal(Share(1e6, 0), {.operations_per_second = 100}, 102),
              HasSubstr("100 operations/s that its operator allows"));
  EXPECT_THAT(Refusal(Share(0, 0), {.operations_per_second = 100}, 102),
              HasSubstr("its operator allows"));
  EXPECT_THAT(Refusal(Share(100, 0), {.operations_per_second = 200}, 102),
              HasSubstr("are its share of the campaign's budget"));
}

TEST(StageCaps, ALoadTakesTheTimeItTakes) {
  EXPECT_EQ(Refusal(Share(100, 0), {}, 10'000, v1::PHASE_LOAD), "");
}

TEST(StageCaps, SaysWhichCapEndedTheStage) {
  auto caps = StageCaps::Of(Share(100, 50), {.ru_per_second = 40});
  caps->ShareOut(2);
  EXPECT_EQ(caps->Reached(), "");
  caps->milli_ru()->SetReached();
  EXPECT_EQ(caps->Reached(), "reached the 40 RU/s that its operator allows");
  caps->operations()->SetReached();
  EXPECT_EQ(
      caps->Reached(),
      "reached the 100 operations/s that are its share of the campaign's budget, retries included");
}

TEST(StageCaps, WithoutACapThereIsNone) {
  auto caps = StageCaps::Of({}, {});
  caps->ShareOut(2);
  EXPECT_EQ(caps->operations(), nullptr);
  EXPECT_EQ(caps->milli_ru(), nullptr);
}

TEST(StageCaps, LessThanOneOperationCannotBeShared) {
  EXPECT_FALSE(StageCaps::Of(Share(0.5, 0), {}).ok());
}

}  // namespace
}  // namespace weir
