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
constexpr int64_t kMostDriftPpb = 50'000;  // 100 ppm between two machines
constexpr int64_t kFaultsUntilNs = 15 * kNsPerSecond;
constexpr int64_t kTerminalWithinNs = 60 * kNsPerSecond;
constexpr int64_t kSafetyEndsNs = 200 * kNsPerSecond;
constexpr int64_t kJoinTimeoutNs = 20 * kNsPerSecond;
// An agent that was never welcomed waits for a minute before it gives up.
constexpr int64_t kAgentsLeaveWithinNs = 75 * kNsPerSecond;

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
    if (mode_ == WorldMode::kHealthy) ends_ns = kTerminalWithinNs + PlannedNs();
    if (mode_ == WorldMode::kLiveness) {
      heals_ns_ = dice_.Between(0, 2 * kFaultsUntilNs);
      heap_.At(heals_ns_, [this] { nemesis_->HealAll(); });
      ends_ns = heals_ns_ + kTerminalWithinNs + PlannedNs();
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

  // Since the machine was started: never negative, up to two hours apart.
  SimClock SomeClock() {
    return {dice_.Between(kNsPerSecond, 2 * kHourNs), dice_.Between(-kMostDriftPpb, kMostDriftPpb)};
  }

  void Build() {
    RunControlSettings settings;
    settings.agents = agent_count_;
    settings.local_agents = dice_.Chance(0.3);
    settings.join_timeout_ns = kJoinTimeoutNs;
    settings.prove_headroom = dice_.Chance(0.3);
    settings.tolerate_agent_loss = dice_.Chance(0.25);
    oracle_.set_lease_ns(settings.lease_ns);
    oracle_.set_tolerates_loss(settings.tolerate_agent_loss);
    v1::RunResult run;
    run.set_id("run");
    campaign_ = MakeCampaign(dice_, agent_count_);
    *run.mutable_campaign() = campaign_;
    network_.set_faults({.latency_ns = dice_.Spread(20'000, 30'000'000),
                         .jitter_ns = dice_.Spread(1'000, 20'000'000)});
    coordinator_ = std::make_unique<CoordinatorNode>(
        settings, run, heap_, network_, trace_, oracle_, SomeClock(),
        [this](StreamId stream) { return node_of_[stream]; }, seed_);
    for (uint32_t node = 0; node < agent_count_; ++node) {
      agents_.push_back(
          std::make_unique<AgentNode>(node, heap_, network_, trace_, oracle_, SomeClock(), seed_));
      if (settings.local_agents) {
        agents_[node]->on_ended = [this, node] {
          coordinator_->AgentEnded(absl::StrCat("a", node));
        };
      }
      heap_.At(dice_.Spread(kNsPerMs, 2 * kNsPerSecond), [this, node] { agents_[node]->Boot(); });
    }
    oracle_.set_clock_offset([this](uint32_t node, int64_t true_ns) {
      return agents_[node]->clock().Read(true_ns) - coordinator_->clock().Read(true_ns);
    });
    nemesis_ =
        std::make_unique<Nemesis>(seed_, heap_, network_, oracle_, trace_, agents_, *coordinator_);
    coordinator_->Boot();
  }

  // What the campaign takes when all goes well; the minute comes on top.
  int64_t PlannedNs() const {
    constexpr int64_t kStepsNs = 10 * kNsPerSecond;  // leads, load and tasks of a leg
    const v1::Phases& phases = campaign_.scenarios(0).phases();
    return campaign_.targets_size() * (phases.warm_up().ns() + phases.measure().ns() + kStepsNs);
  }

  bool RunOver() const { return coordinator_->over() || !coordinator_->running(); }

  void Check() {
    if (!coordinator_->over()) return;
    oracle_.CheckResult(heap_.now_ns(), coordinator_->result());
    if (mode_ == WorldMode::kHealthy) oracle_.ExpectValid(coordinator_->result());
  }

  // Load that nobody watches: every agent ends, at the latest with its lease.
  void AwaitAgents() {
    const int64_t ends_ns = std::max(heap_.now_ns(), heals_ns_) + kAgentsLeaveWithinNs;
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
  int64_t heals_ns_ = 0;
  v1::Campaign campaign_;
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
