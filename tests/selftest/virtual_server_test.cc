#include "selftest/virtual_server.h"

#include <vector>

#include "gtest/gtest.h"
#include "selftest/virtual_run.h"

#include "base/simulated_loop.h"

namespace weir {
namespace {

// Notes when each request was answered.
class Answers final : public CompletionSink {
 public:
  explicit Answers(SimulatedLoop& loop) : loop_(loop) {}
  void Complete(Ticket, const Outcome&) override { at_ns.push_back(loop_.Now()); }
  void Ready(Session*) override {}

  std::vector<int64_t> at_ns;

 private:
  SimulatedLoop& loop_;
};

TEST(VirtualServer, TakesRequestsOneAfterAnotherAndStandsStill) {
  SimulatedLoop loop;
  Answers answers(loop);
  VirtualServer server({.service_ns = 10, .stall_from_ns = 15, .stall_until_ns = 100});
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < 3; ++i) {
    sessions.push_back(*server.OpenSession(loop, answers));
    sessions.back()->Start({}, 0);
    EXPECT_EQ(sessions.back()->Capacity(), 0);
  }
  while (answers.at_ns.size() < 3) loop.RunOnce(1000);
  EXPECT_EQ(answers.at_ns, (std::vector<int64_t>{10, 20, 110}));
}

TEST(VirtualRun, AgentsTogetherDoWhatOneDoes) {
  const v1::Campaign campaign = VirtualCampaign({.rate = 500, .seconds = 3});
  for (const uint32_t agents : {1u, 4u}) {
    VirtualServer server({.service_ns = 1'000'000});
    const auto run = RunInVirtualTime(campaign, agents, server);
    ASSERT_TRUE(run.ok()) << run.status();
    EXPECT_EQ(run->total.counts().planned(), run->planned);
    EXPECT_EQ(run->total.counts().ok(), run->planned);
    EXPECT_EQ(run->total.lag.Max(), 0u);
  }
  EXPECT_EQ(*MergedPlan(campaign, 1), *MergedPlan(campaign, 4));
}

}  // namespace
}  // namespace weir
