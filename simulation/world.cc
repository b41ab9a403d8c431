#include "simulation/world.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "simulation/agent_node.h"
#include "simulation/coordinator_node.h"
#include "simulation/dice.h"
#include "simulation/event_heap.h"
#include "simulation/nemesis.h"
#include "simulation/network.h"
#include "simulation/oracle.h"
#include "simulation/trace.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kHourNs = 3600 * kNsPerSecond;
constexpr int64_t kFaultsUntilNs = 15 * kNsPerSecond;
constexpr int64_t kTerminalWithinNs = 60 * kNsPerSecond;
constexpr int64_t kSafetyEndsNs = 200 * kNsPerSecond;
constexpr int64_t kJoinTimeoutNs = 20 * kNsPerSecond;
// After the end of a run an agent has its lease, its stage's grace and a little more to be gone.
constexpr int64_t kAgentsLeaveWithinNs = 10 * kNsPerSecond;

// Small, and of every shape that the control of a run tells apart.
v1::Campaign MakeCampaign(Dice& dice, uint32_t agents) {
  v1::Campaign campaign;
  campaign.set_name("simulated");
  const int64_t targets = dice.Between(1, 2);
  for (int64_t t = 0; t < targets; ++t) {
    v1::Target* target = campaign.add_targets();
    target->set_name(absl::StrCat("t", t));
    target->mutable_null();
  }
  v1::Scenario* scenario = campaign.add_scenarios();
  scenario->set_name("s");
  if (dice.Chance(0.5)) {
    campaign.mutable_dataset()->set_records(static_cast<uint64_t>(dice.Between(1, 60)));
    v1::LoadPhase* load = scenario->mutable_phases()->mutable_load();
    load->set_batch(1);
    load->set_sessions(agents * static_cast<uint32_t>(dice.Between(1, 3)));
    load->set_verify(dice.Chance(0.5));
  }
  v1::Phases* phases = scenario->mutable_phases();
  if (dice.Chance(0.5)) phases->mutable_warm_up()->set_ns(kNsPerSecond);
  phases->mutable_measure()->set_ns(dice.Between(1, 4) * kNsPerSecond);
  v1::OpenLoop* open = scenario->mutable_shape()->mutable_open();
  open->set_sessions(agents * static_cast<uint32_t>(dice.Between(1, 4)));
  open->mutable_rate()->set_operations(static_cast<uint64_t>(dice.Between(5, 40)));
  open->mutable_rate()->set_per_ns(kNsPerSecond);
  const int64_t types = dice.Between(1, 2);
  for (int64_t i = 0; i < types; ++i) scenario->add_operations();
  scenario->mutable_timeout()->set_ns(dice.Spread(100 * kNsPerMs, 3 * kNsPerSecond));
  return campaign;
}

class World final : public Network::Listener {
 public:
  World(uint64_t seed, bool verbose)
      : seed_(seed),
        dice_(seed, "world"),
        trace_(verbose),
        agent_count_(static_cast<uint32_t>(dice_.Between(1, 4))),
        oracle_(agent_count_),
        network_(heap_, trace_, seed, *this) {}

  WorldReport Run() {
    mode_ = dice_.Chance(0.15)  ? WorldMode::kHealthy
            : dice_.Chance(0.6) ? WorldMode::kSafety
                                : WorldMode::kLiveness;
    Build();
    int64_t ends_ns = kSafetyEndsNs;
    if (mode_ != WorldMode::kHealthy) nemesis_->Unleash(kFaultsUntilNs);
    if (mode_ == WorldMode::kHealthy) ends_ns = kTerminalWithinNs;
    if (mode_ == WorldMode::kLiveness) {
      const int64_t heals_ns = dice_.Between(0, 2 * kFaultsUntilNs);
      heap_.At(heals_ns, [this] { nemesis_->HealAll(); });
      ends_ns = heals_ns + kTerminalWithinNs;
    }
    while (!RunOver() && heap_.next_ns() < ends_ns) {
      heap_.RunNext();
      nemesis_->AfterEvent();
    }
    const bool over = RunOver();
    if (!over && mode_ != WorldMode::kSafety) {
      oracle_.Violate("the run did not end within 60 s of the last fault");
    }
    Check();
    AwaitAgents();
    return Report(over);
  }

  // Network::Listener.
  void OnAgentMessage(StreamId stream, std::shared_ptr<const v1::AgentMessage> message) override {
    if (message->has_hello()) node_of_[stream] = NodeOf(message->hello());
    coordinator_->Arrived(stream, std::move(message));
  }
  void OnCoordinatorMessage(StreamId stream,
                            std::shared_ptr<const v1::CoordinatorMessage> message) override {
    agents_[node_of_[stream]]->Arrived(stream, std::move(message));
  }
  void OnBroken(StreamId stream, Way side) override {
    if (side == Way::kToCoordinator) return coordinator_->Broken(stream);
    for (const auto& agent : agents_) agent->Broken(stream);
  }

 private:
  static uint32_t NodeOf(const v1::Hello& hello) {
    return static_cast<uint32_t>(std::stoul(hello.facts().name().substr(1)));
  }

  SimClock SomeClock() {
    return {dice_.Between(-kHourNs, kHourNs), dice_.Between(-100'000, 100'000)};
  }

  void Build() {
    RunControlSettings settings;
    settings.agents = agent_count_;
    settings.local_agents = dice_.Chance(0.3);
    settings.join_timeout_ns = kJoinTimeoutNs;
    oracle_.set_lease_ns(settings.lease_ns);
    v1::RunResult run;
    run.set_id("run");
    *run.mutable_campaign() = MakeCampaign(dice_, agent_count_);
    network_.set_faults({.latency_ns = dice_.Spread(20'000, 30'000'000),
                         .jitter_ns = dice_.Spread(1'000, 20'000'000)});
    coordinator_ = std::make_unique<CoordinatorNode>(
        settings, run, heap_, network_, trace_, oracle_, SomeClock(),
        [this](StreamId stream) { return node_of_[stream]; }, seed_);
    for (uint32_t node = 0; node < agent_count_; ++node) {
      agents_.push_back(
          std::make_unique<AgentNode>(node, heap_, network_, trace_, oracle_, SomeClock(), seed_));
      heap_.At(dice_.Spread(kNsPerMs, 2 * kNsPerSecond), [this, node] { agents_[node]->Boot(); });
    }
    nemesis_ =
        std::make_unique<Nemesis>(seed_, heap_, network_, oracle_, trace_, agents_, *coordinator_);
    coordinator_->Boot();
  }

  bool RunOver() const { return coordinator_->over() || !coordinator_->running(); }

  void Check() {
    if (!coordinator_->over()) return;
    std::vector<int64_t> offsets_ns;
    const int64_t now_ns = heap_.now_ns();
    for (const auto& agent : agents_) {
      offsets_ns.push_back(agent->clock().Read(now_ns) - coordinator_->clock().Read(now_ns));
    }
    oracle_.CheckResult(coordinator_->result(), offsets_ns);
    if (mode_ == WorldMode::kHealthy) oracle_.ExpectValid(coordinator_->result());
  }

  // Load that nobody watches: every agent ends, at the latest with its lease.
  void AwaitAgents() {
    const int64_t patience_ns =
        kAgentsLeaveWithinNs + (mode_ == WorldMode::kSafety ? kSafetyEndsNs : 0);
    const int64_t ends_ns = heap_.now_ns() + patience_ns;
    while (AnyAgentRunning() && heap_.next_ns() < ends_ns) heap_.RunNext();
    if (mode_ == WorldMode::kSafety || !RunOver()) return;
    for (uint32_t node = 0; node < agent_count_; ++node) {
      if (agents_[node]->running()) {
        oracle_.Violate(absl::StrCat("agent ", node, " goes on after the run"));
      } else if (mode_ == WorldMode::kHealthy && agents_[node]->exit() != AgentExit::kFinished) {
        oracle_.Violate(absl::StrCat("agent ", node, " did not end with success"));
      }
    }
  }

  bool AnyAgentRunning() const {
    return std::any_of(agents_.begin(), agents_.end(),
                       [](const auto& agent) { return agent->running(); });
  }

  WorldReport Report(bool over) const {
    WorldReport report;
    report.seed = seed_;
    report.mode = mode_;
    report.violations = oracle_.violations();
    report.trace_hash = trace_.hash();
    report.events = heap_.events();
    report.operations = oracle_.operations();
    report.run_over = over;
    report.coordinator_crashed = nemesis_->crashed_coordinator();
    report.state = coordinator_->result().state();
    report.validity = coordinator_->result().verdict().validity();
    return report;
  }

  const uint64_t seed_;
  Dice dice_;
  Trace trace_;
  WorldMode mode_ = WorldMode::kHealthy;
  const uint32_t agent_count_;
  EventHeap heap_;
  Oracle oracle_;
  Network network_;
  std::map<StreamId, uint32_t> node_of_;
  std::unique_ptr<CoordinatorNode> coordinator_;
  std::vector<std::unique_ptr<AgentNode>> agents_;
  std::unique_ptr<Nemesis> nemesis_;
};

}  // namespace

WorldReport RunWorld(uint64_t seed, bool verbose) { return World(seed, verbose).Run(); }

const char* ModeName(WorldMode mode) {
  switch (mode) {
    case WorldMode::kHealthy:
      return "healthy";
    case WorldMode::kSafety:
      return "safety";
    default:
      return "liveness";
  }
}

}  // namespace weir
