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
#include "simulation/relay_node.h"
#include "simulation/trace.h"

#include "base/clock.h"
#include "coordinator/run_recovery.h"
#include "coordinator/spool_shelf.h"

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
    Recover();
    return Report(over);
  }

  // Network::Listener.
  void OnAgentMessage(StreamId stream, std::shared_ptr<const v1::AgentMessage> message) override {
    const uint32_t server = network_.ServerOf(stream);
    if (server != kCoordinator) return RelayAt(server).FromAgent(stream, std::move(message));
    coordinator_->Opened(stream);
    coordinator_->Arrived(stream, std::move(message));
  }
  void OnCoordinatorMessage(StreamId stream,
                            std::shared_ptr<const v1::CoordinatorMessage> message) override {
    const uint32_t node = network_.DiallerOf(stream);
    if (node >= kFirstRelay) return RelayAt(node).FromCoordinator(stream, std::move(message));
    agents_[node]->Arrived(stream, std::move(message));
  }
  void OnBroken(StreamId stream, Way side) override {
    const uint32_t server = network_.ServerOf(stream);
    const uint32_t node = network_.DiallerOf(stream);
    if (side == Way::kToCoordinator) {
      return server == kCoordinator ? coordinator_->Broken(stream)
                                    : RelayAt(server).AgentGone(stream);
    }
    if (node >= kFirstRelay) return RelayAt(node).Broken(stream);
    agents_[node]->Broken(stream);
  }

 private:
  RelayNode& RelayAt(uint32_t node) { return *relays_[node - kFirstRelay]; }

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
    settings.min_agents = dice_.Chance(0.25) ? 1 : 0;
    oracle_.set_lease_ns(settings.lease_ns);
    oracle_.set_tolerates_loss(settings.min_agents > 0);
    v1::RunResult run;
    run.set_id("run");
    campaign_ = MakeCampaign(dice_, agent_count_);
    // Most would be used up before the end; a run that has to be valid has none.
    Dice budgets(seed_, "budget");
    if (mode_ != WorldMode::kHealthy && budgets.Chance(0.2)) {
      campaign_.mutable_budget()->set_ru(static_cast<double>(budgets.Between(2, 150)));
    }
    *run.mutable_campaign() = campaign_;
    network_.set_faults({.latency_ns = dice_.Spread(20'000, 30'000'000),
                         .jitter_ns = dice_.Spread(1'000, 20'000'000)});
    coordinator_ = std::make_unique<CoordinatorNode>(settings, run, heap_, network_, trace_,
                                                     oracle_, SomeClock(), seed_);
    Dice joining(seed_, "joining");
    const bool indexed = joining.Chance(0.5);
    for (uint32_t node = 0; node < agent_count_; ++node) {
      agents_.push_back(
          std::make_unique<AgentNode>(node, heap_, network_, trace_, oracle_, SomeClock(), seed_));
      if (indexed) agents_[node]->given_index = node;
      if (settings.local_agents) {
        agents_[node]->on_ended = [this, node] {
          coordinator_->AgentEnded(absl::StrCat("a", node));
        };
      }
      heap_.At(dice_.Spread(kNsPerMs, 2 * kNsPerSecond), [this, node] { agents_[node]->Boot(); });
    }
    if (mode_ != WorldMode::kHealthy && joining.Chance(0.4)) AddOneTooMany(joining, indexed);
    oracle_.set_clock_offset([this](uint32_t node, int64_t true_ns) {
      return agents_[node]->clock().Read(true_ns) - coordinator_->clock().Read(true_ns);
    });
    AddRelays();
    nemesis_ = std::make_unique<Nemesis>(seed_, heap_, network_, oracle_, trace_, agents_, relays_,
                                         *coordinator_);
    coordinator_->Boot();
  }

  // Another of an index that an agent has, or of none: before the run begins it may take that
  // agent's place, afterwards it must be sent away.
  void AddOneTooMany(Dice& joining, bool indexed) {
    agents_.push_back(std::make_unique<AgentNode>(agent_count_, heap_, network_, trace_, oracle_,
                                                  SomeClock(), seed_));
    AgentNode& late = *agents_.back();
    if (indexed) late.given_index = static_cast<uint32_t>(joining.Below(agent_count_));
    heap_.At(joining.Spread(kNsPerMs, kFaultsUntilNs), [&late] { late.Boot(); });
  }

  // Some agents dial relays, and what is left to them when a relay is gone: another, or the
  // coordinator. Others know of none.
  void AddRelays() {
    Dice relaying(seed_, "relays");
    if (!relaying.Chance(0.5)) return;
    const auto number = static_cast<uint32_t>(relaying.Between(1, 2));
    for (uint32_t i = 0; i < number; ++i) {
      const SimClock clock{relaying.Between(kNsPerSecond, 2 * kHourNs),
                           relaying.Between(-kMostDriftPpb, kMostDriftPpb)};
      relays_.push_back(
          std::make_unique<RelayNode>(kFirstRelay + i, heap_, network_, trace_, clock));
      relays_[i]->Boot();
    }
    // Two hops are as far as one: how well clocks are known has a limit.
    NetworkFaults faults = network_.faults();
    faults.latency_ns /= 2;
    faults.jitter_ns /= 2;
    network_.set_faults(faults);
    const double direct = relaying.Chance(0.5) ? 0 : 0.3;
    for (const auto& agent : agents_) {
      if (relaying.Chance(direct)) continue;
      agent->servers = {kFirstRelay + static_cast<uint32_t>(relaying.Below(number))};
      if (relaying.Chance(0.5)) agent->servers.push_back(kCoordinator);
      if (number > 1) agent->servers.push_back(2 * kFirstRelay + 1 - agent->servers[0]);
    }
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
    while (AnybodyRunning() && heap_.next_ns() < ends_ns) heap_.RunNext();
    if (mode_ == WorldMode::kSafety || !RunOver()) return;
    for (uint32_t node = 0; node < agents_.size(); ++node) {
      if (agents_[node]->running()) {
        oracle_.Violate(absl::StrCat("agent ", node, " goes on after the run"));
      } else if (mode_ == WorldMode::kHealthy && agents_[node]->exit() != AgentExit::kFinished) {
        oracle_.Violate(absl::StrCat("agent ", node, " did not end with success"));
      }
    }
    for (const auto& relay : relays_) {
      if (relay->running()) oracle_.Violate("a relay goes on after the run");
      if (mode_ == WorldMode::kHealthy && relay->exit() != AgentExit::kFinished) {
        oracle_.Violate("a relay did not end with success");
      }
    }
  }

  // As somebody would do it who finds what a dead coordinator and its agents left.
  void Recover() {
    if (coordinator_->over() || coordinator_->running() || AnybodyRunning()) return;
    const CoordinatorNode::Remains remains = coordinator_->remains();
    if (!remains.recoverable) return;
    SpoolShelf spools(remains.run, remains.evidence.step->step());
    for (const auto& agent : agents_) {
      for (const std::string& name : agent->disk().Names()) {
        spools.Add(name, [&agent, name] { return agent->disk().Open(name); });
      }
    }
    const uint32_t leg = remains.evidence.step->leg();
    const auto read = [&](auto visit) { return coordinator_->ReadStored(leg, visit); };
    const auto recovered = weir::RecoverRun(remains.run, remains.evidence, spools, read);
    if (!recovered.ok()) {
      return oracle_.Violate(absl::StrCat("not recovered: ", recovered.status().message()));
    }
    std::vector<v1::Interval> seconds;
    const absl::Status stored = read([&](v1::Phase stage, const v1::Interval& second) {
      if (stage == recovered->stage && second.second() < recovered->first_second) {
        seconds.push_back(second);
      }
      return absl::OkStatus();
    });
    seconds.insert(seconds.end(), recovered->seconds.begin(), recovered->seconds.end());
    oracle_.CheckRecovery(*recovered, seconds);
    recovered_ = recovered->whole ? Recovery::kWhole : Recovery::kInPart;
    trace_.Note(heap_.now_ns(), "recovered", leg, recovered->lost,
                [&] { return recovered->run.legs(static_cast<int>(leg)).ShortDebugString(); });
  }

  bool AnybodyRunning() const {
    const auto running = [](const auto& node) { return node->running(); };
    return std::any_of(agents_.begin(), agents_.end(), running) ||
           std::any_of(relays_.begin(), relays_.end(), running);
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
    report.recovery = recovered_;
    report.state = coordinator_->result().state();
    report.validity = coordinator_->result().verdict().validity();
    return report;
  }

  const uint64_t seed_;
  Recovery recovered_ = Recovery::kNone;
  Dice dice_;
  Trace trace_;
  WorldMode mode_ = WorldMode::kHealthy;
  const uint32_t agent_count_;
  int64_t heals_ns_ = 0;
  v1::Campaign campaign_;
  EventHeap heap_;
  Oracle oracle_;
  Network network_;
  std::unique_ptr<CoordinatorNode> coordinator_;
  std::vector<std::unique_ptr<AgentNode>> agents_;
  std::vector<std::unique_ptr<RelayNode>> relays_;
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
