// Agents behind a relay whose coordinator stands still (R45): AgentControl, RelayControl and what
// takes a relay's stream apart, in one thread. A window of each agent's reports is under way, the
// rest waits in its spool, and each is merged once.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <numeric>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/agent_control.h"
#include "agent/spool.h"
#include "base/clock.h"
#include "coordinator/relay/relay_control.h"
#include "coordinator/relayed_streams.h"
#include "coordinator/stage_merge.h"
#include "tests/support/memory_disk.h"

namespace weir {
namespace {

constexpr ConnectionId kRelay = 9;
constexpr uint32_t kAgents = 2;
constexpr size_t kWindow = 4;

v1::Interval Second(uint32_t second) {
  Tally tally;
  tally.response.Record(1000 + second);
  tally.counts().set_planned(1);
  tally.counts().set_ok(1);
  v1::Interval interval;
  interval.set_second(second);
  v1::OperationInterval* part = interval.add_operations();
  part->set_phase(v1::PHASE_MEASURE);
  *part->mutable_tally() = tally.ToProto();
  return interval;
}

// Nothing is delivered within a call: what is sent comes when the events are run.
using Events = std::deque<std::function<void()>>;

class Agent final : public AgentPort {
 public:
  Agent(Events& events, std::function<void(const v1::AgentMessage&)> to_relay)
      : events_(events), to_relay_(std::move(to_relay)) {}

  void Send(const v1::AgentMessage& message) override {
    if (message.has_interval()) sent_.insert(message.interval().sequence());
    most_under_way_ = std::max(most_under_way_, under_way());
    events_.push_back([this, message] { to_relay_(message); });
  }
  void Redial() override { ++redials_; }
  void StartTask(const v1::Prepare&) override {
    events_.push_back([this] { control_.OnTaskDone({}); });
  }
  void StartStage(int64_t) override { running_ = true; }
  void ExtendLease(int64_t) override {}
  void StopStage() override { running_ = false; }
  void ChangeThroughput(const v1::ChangeThroughput&) override {}
  void Quit(AgentExit, const std::string&) override { running_ = false; }

  // Reports that were sent, and not acknowledged: however often.
  size_t under_way() const {
    const uint64_t first = spool_.empty() ? UINT64_MAX : spool_.first();
    return static_cast<size_t>(std::distance(sent_.lower_bound(first), sent_.end()));
  }

  Spool& spool() { return spool_; }
  AgentControl& control() { return control_; }
  bool running() const { return running_; }
  int redials() const { return redials_; }
  size_t most_under_way() const { return most_under_way_; }

 private:
  Events& events_;
  const std::function<void(const v1::AgentMessage&)> to_relay_;
  std::set<uint64_t> sent_;
  size_t most_under_way_ = 0;
  int redials_ = 0;
  bool running_ = false;
  MemoryDisk disk_;
  Spool spool_{disk_, "spool"};
  AgentControl control_{v1::Hello(), *this, spool_};
};

class RelayedAgentTest : public testing::Test, public RelayPort {
 protected:
  RelayedAgentTest()
      : streams_({},
                 {.on_bytes = [this](ConnectionId id, std::string_view bytes,
                                     int64_t) { Hear(id, bytes); },
                  .on_bundle = [this](const BundleView& bundle, int64_t) { HearAll(bundle); },
                  .on_disconnected = [](ConnectionId, int64_t) { FAIL() << "a stream ended"; },
                  .say = [](const std::string&) {}},
                 [this](ConnectionId, const v1::CoordinatorMessage& message) {
                   events_.push_back([this, message] { relay_.OnMessage(message, now_); });
                 }) {
    streams_.OnOpened(kRelay, StreamPeer::kRelay);
    relay_.OnConnected(now_);
    Read();
    for (Agent& agent : agents_) {
      agent.control().OnConnected(now_);
      Read();
    }
    StartStage();
  }

  void StartStage() {
    v1::CoordinatorMessage ping;  // the lease outlasts the test
    ping.mutable_ping()->set_granted_from_ns(now_);
    v1::CoordinatorMessage prepare;
    prepare.mutable_prepare()->set_step(1);
    prepare.mutable_prepare()->set_task(v1::TASK_DRIVE);
    v1::CoordinatorMessage arm;
    arm.mutable_arm()->set_step(1);
    arm.mutable_arm()->set_attempt(1);
    arm.mutable_arm()->set_start_ns(now_ + kNsPerSecond);
    v1::CoordinatorMessage go;
    go.mutable_go()->set_step(1);
    go.mutable_go()->set_attempt(1);
    for (const auto& message : {ping, prepare, arm, go}) {
      for (const ConnectionId connection : connections_) streams_.Send(connection, message);
      Read();
    }
  }

  // Each agent reports these seconds as they pass; the coordinator reads what comes, or does not.
  void Pass(uint32_t seconds, bool reads) {
    for (uint32_t i = 0; i < seconds; ++i, ++second_) {
      for (Agent& agent : agents_) agent.control().OnInterval(Second(second_));
      for (int tick = 0; tick < 10; ++tick) {
        now_ += kNsPerSecond / 10;
        relay_.OnTick(now_);
        for (Agent& agent : agents_) agent.control().OnTick(now_);
        if (reads) Read();
        Run();
      }
    }
  }

  // Takes everything that is under way, and answers; the wire is free where it was read.
  void Read() {
    for (Run(); !wire_.empty(); Run()) {
      const std::string message = wire_.front().SerializeAsString();
      wire_.pop_front();
      streams_.OnBytes(kRelay, message, now_, 0);
      streams_.Flush(now_);
      events_.push_back([this] { relay_.OnSent(); });
    }
    streams_.Flush(now_);
    Run();
  }
  void Run() {
    for (; !events_.empty(); events_.pop_front()) std::function(events_.front())();
  }

  // The coordinator, as far as reports go.
  void Hear(ConnectionId connection, std::string_view bytes) {
    v1::AgentMessage message;
    ASSERT_TRUE(message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    if (message.has_hello()) {
      agent_of_[connection] = static_cast<uint32_t>(connections_.size());
      connections_.push_back(connection);
      v1::CoordinatorMessage welcome;
      welcome.mutable_welcome()->set_run_id("run");
      welcome.mutable_welcome()->mutable_lease()->set_ns(60 * kNsPerSecond);
      streams_.Send(connection, welcome);
    }
    if (!message.has_interval()) return;
    const uint32_t agent = agent_of_.at(connection);
    const auto taken = merge_.Add(agent, message.interval(), [](const MergedSecond&) {});
    ASSERT_TRUE(taken.ok()) << taken.status();
    if (*taken == StageMerge::Taken::kMerged) {
      merged_[agent].push_back(message.interval().sequence());
    }
    Acknowledge();
  }
  void HearAll(const BundleView& bundle) {
    std::vector<StageMerge::Bundled> reports;
    for (const BundleView::Bundled& each : bundle.reports) {
      reports.push_back({agent_of_.at(each.connection), &each.report});
    }
    ASSERT_TRUE(merge_.AddBundle(reports, bundle.histograms, [](const MergedSecond&) {}))
        << "a relay bundles only what follows";
    for (const auto& [agent, report] : reports) merged_[agent].push_back(report->sequence());
    ++bundles_;
    Acknowledge();
  }
  void Acknowledge() {
    for (uint32_t agent = 0; agent < kAgents; ++agent) {
      v1::CoordinatorMessage message;
      message.mutable_acknowledge()->set_step(1);
      message.mutable_acknowledge()->set_sequence(merge_.missing(agent) - 1);
      streams_.Send(connections_[agent], message);
    }
  }

  // RelayPort.
  void SendUp(const v1::AgentMessage& message) override { wire_.push_back(message); }
  void SendDown(ConnectionId agent, const v1::CoordinatorMessage& message) override {
    events_.push_back(
        [this, agent, message] { agents_[agent - 1].control().OnMessage(message, now_); });
  }
  void EndDown(ConnectionId) override { FAIL() << "the relay ended an agent's stream"; }
  void Redial() override { FAIL() << "the relay dialled again"; }
  void Say(const std::string&) override {}
  void Quit(AgentExit, const std::string&) override { FAIL() << "the relay ended"; }

  std::function<void(const v1::AgentMessage&)> ToRelay(ConnectionId agent) {
    return [this, agent](const v1::AgentMessage& message) {
      relay_.OnAgentBytes(agent, message.SerializeAsString(), now_);
    };
  }

  int64_t now_ = kNsPerSecond;
  Events events_;
  std::deque<v1::AgentMessage> wire_;  // from the relay, and not read
  RelayControl relay_{{"r", {}, kNsPerSecond}, *this, now_};
  std::array<Agent, kAgents> agents_{Agent(events_, ToRelay(1)), Agent(events_, ToRelay(2))};
  RelayedStreams streams_;
  StageMerge merge_{kAgents};
  std::vector<ConnectionId> connections_;
  std::unordered_map<ConnectionId, uint32_t> agent_of_;
  std::array<std::vector<uint64_t>, kAgents> merged_;
  int bundles_ = 0;
  uint32_t second_ = 0;
};

TEST_F(RelayedAgentTest, HasAWindowUnderWayAndTheRestOnDiskWhileTheCoordinatorStands) {
  Pass(2, /*reads=*/true);
  EXPECT_EQ(bundles_, 2);
  Pass(12, /*reads=*/false);
  for (Agent& agent : agents_) {
    EXPECT_TRUE(agent.running()) << "the load goes on";
    EXPECT_EQ(agent.redials(), 0);
    EXPECT_EQ(agent.under_way(), kWindow);
    EXPECT_EQ(agent.spool().first(), 3u);
    EXPECT_EQ(agent.spool().last(), 14u);
  }
}

TEST_F(RelayedAgentTest, HandsOverEveryReportOnceWhenTheCoordinatorGoesOn) {
  Pass(2, /*reads=*/true);
  Pass(12, /*reads=*/false);
  Pass(3, /*reads=*/true);
  std::vector<uint64_t> all(17);
  std::iota(all.begin(), all.end(), 1);
  for (uint32_t i = 0; i < kAgents; ++i) {
    EXPECT_EQ(merged_[i], all) << i;
    EXPECT_LE(agents_[i].most_under_way(), kWindow) << "while it caught up as well";
    EXPECT_TRUE(agents_[i].spool().empty()) << i;
  }
  const int bundles = bundles_;
  Pass(2, /*reads=*/true);
  EXPECT_EQ(bundles_, bundles + 2) << "and they are merged in the relay again";
}

}  // namespace
}  // namespace weir
