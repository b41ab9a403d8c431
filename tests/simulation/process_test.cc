#include "simulation/process.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

class ProcessTest : public testing::Test {
 protected:
  void Post(int64_t at_ns, char name) {
    process_.Post(at_ns, [this, name] { log_ += name + std::to_string(heap_.now_ns()) + " "; });
  }
  std::string Run() {
    while (!heap_.empty()) heap_.RunNext();
    return log_;
  }

  EventHeap heap_;
  SimProcess process_{heap_};
  std::string log_;
};

TEST_F(ProcessTest, RunsInTheOrderOfTimeAndThenOfPosting) {
  Post(20, 'c');
  Post(10, 'a');
  Post(10, 'b');
  EXPECT_EQ(Run(), "a10 b10 c20 ");
}

TEST_F(ProcessTest, CatchesUpInOrderAfterAPause) {
  Post(5, 'a');
  heap_.At(7, [this] { process_.Pause(20); });
  Post(10, 'b');
  Post(15, 'c');
  Post(30, 'd');
  EXPECT_EQ(Run(), "a5 b27 c27 d30 ");
}

TEST_F(ProcessTest, ForgetsEverythingWhenItEnds) {
  Post(5, 'a');
  Post(15, 'b');
  heap_.At(10, [this] {
    process_.End();
    Post(20, 'c');
  });
  EXPECT_EQ(Run(), "a5 c20 ");
}

TEST_F(ProcessTest, IsSlowWhenEveryEventPausesIt) {
  for (const char name : {'a', 'b', 'c'}) {
    process_.Post(10, [this, name] {
      log_ += name + std::to_string(heap_.now_ns()) + " ";
      process_.Pause(5);
    });
  }
  EXPECT_EQ(Run(), "a10 b15 c20 ");
}

}  // namespace
}  // namespace weir
