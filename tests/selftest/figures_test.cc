#include "selftest/figures.h"

#include <set>

#include "gtest/gtest.h"

namespace weir {
namespace {

using State = SelfTestResult::State;

TEST(Figures, NameWhatWasSeenBesideWhatWasExpected) {
  Figures figures;
  figures.Of("rho 0.5");
  figures.Near("p99", 4.51e9, 4.5e9, 0.02);
  figures.Hold("all done", true);
  EXPECT_EQ(figures.Result().state, State::kPass);
  EXPECT_EQ(figures.Result().figures, "rho 0.5: p99 4.510 s of 4.500 s, all done");
}

TEST(Figures, FailWithOneThatIsOff) {
  Figures figures;
  figures.Of("a");
  figures.Near("p99", 4.4e6, 4.5e6, 0.02);
  figures.Of("b");
  figures.Hold("all done", true);
  EXPECT_EQ(figures.Result().state, State::kFail);
  EXPECT_EQ(figures.Result().figures, "a: NOT p99 4.400 ms of 4.500 ms; b: all done");
}

TEST(SelfTests, HaveNamesByWhichTheyAreFound) {
  std::set<std::string> names;
  for (const SelfTest& test : SelfTests()) {
    EXPECT_TRUE(names.insert(std::string(test.name)).second) << test.name;
    EXPECT_EQ(FindSelfTests(test.name), std::vector<const SelfTest*>{&test});
  }
  EXPECT_EQ(FindSelfTests("s4"), FindSelfTests("S4"));
  EXPECT_GT(FindSelfTests("S8").size(), 3u);
  EXPECT_TRUE(FindSelfTests("S99").empty());
  EXPECT_TRUE(FindSelfTests("S").empty());
}

}  // namespace
}  // namespace weir
