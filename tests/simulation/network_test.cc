#include "simulation/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace weir {
namespace {

class NetworkTest : public testing::Test, public Network::Listener {
 protected:
  void OnAgentMessage(StreamId, std::shared_ptr<const v1::AgentMessage> message) override {
    arrived_.push_back(message->pong().sequence());
  }
  void OnCoordinatorMessage(StreamId, std::shared_ptr<const v1::CoordinatorMessage>) override {}
  void OnBroken(StreamId, Way side) override { ++broken_[side]; }

  void SendMany(StreamId stream, uint64_t number) {
    for (uint64_t i = 0; i < number; ++i) {
      auto message = std::make_shared<v1::AgentMessage>();
      message->mutable_pong()->set_sequence(i);
      network_.Send(stream, message);
    }
  }
  void Run() {
    while (!heap_.empty()) heap_.RunNext();
  }
  bool InOrder() const { return std::is_sorted(arrived_.begin(), arrived_.end()); }

  EventHeap heap_;
  Trace trace_{false};
  Network network_{heap_, trace_, 1, *this};
  std::vector<uint64_t> arrived_;
  std::map<Way, int> broken_;
};

TEST_F(NetworkTest, AHealthyStreamKeepsOrderAndLosesNothing) {
  SendMany(network_.Open(0), 100);
  Run();
  EXPECT_EQ(arrived_.size(), 100u);
  EXPECT_TRUE(InOrder());
}

TEST_F(NetworkTest, LosesRepeatsAndOvertakesWhenToldTo) {
  network_.set_faults({.jitter_ns = 1'000'000, .loss = 0.2});
  SendMany(network_.Open(0), 100);
  Run();
  EXPECT_LT(arrived_.size(), 100u);
  EXPECT_TRUE(InOrder());
  arrived_.clear();
  network_.set_faults({.jitter_ns = 1'000'000, .repeat = 0.2});
  SendMany(network_.Open(0), 100);
  Run();
  EXPECT_GT(arrived_.size(), 100u);
  arrived_.clear();
  network_.set_faults({.jitter_ns = 1'000'000, .overtake = 0.2});
  SendMany(network_.Open(0), 100);
  Run();
  EXPECT_EQ(arrived_.size(), 100u);
  EXPECT_FALSE(InOrder());
}

TEST_F(NetworkTest, HoldsOneWayAndGoesOnInOrder) {
  const StreamId stream = network_.Open(0);
  network_.Hold(0, Way::kToCoordinator);
  SendMany(stream, 10);
  Run();
  EXPECT_TRUE(arrived_.empty());
  EXPECT_EQ(network_.Open(0), 0u) << "nobody dials through a partition";
  network_.Release(0, Way::kToCoordinator);
  Run();
  EXPECT_EQ(arrived_.size(), 10u);
  EXPECT_TRUE(InOrder());
}

TEST_F(NetworkTest, ABrokenStreamLosesWhatIsUnderWayAndTellsWhoIsToLearn) {
  const StreamId stream = network_.Open(0);
  SendMany(stream, 10);
  network_.Break(stream, /*agent_learns=*/true, /*coordinator_learns=*/false);
  Run();
  EXPECT_TRUE(arrived_.empty());
  EXPECT_EQ(broken_[Way::kToAgent], 1);
  EXPECT_EQ(broken_[Way::kToCoordinator], 0);
}

TEST_F(NetworkTest, AClosedStreamDeliversWhatWasSent) {
  const StreamId stream = network_.Open(0);
  SendMany(stream, 10);
  network_.Close(stream, Way::kToCoordinator);
  Run();
  EXPECT_EQ(arrived_.size(), 10u);
  EXPECT_EQ(broken_[Way::kToCoordinator], 1);
}

}  // namespace
}  // namespace weir
