#include "tests/backends/cosmos/utilisation_model.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "backends/cosmos/emulator/throughput_budget.h"
#include "backends/cosmos/hold_queue.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/simulated_loop.h"

namespace weir::cosmos {
namespace {

// The emulator's clock began at another moment than the agents'.
constexpr int64_t kServerClockNs = 7'654'321'987'654;
constexpr CentiRu kThrottledCharge = 38;

struct World {
  explicit World(const ModelRun& of) : run(of) {
    for (size_t i = 0; i < run.weights.size(); ++i) {
      budgets.emplace_back(static_cast<CentiRu>(run.container_ru * 100) /
                           static_cast<CentiRu>(run.weights.size()));
    }
    figures.partition_ru.resize(run.weights.size());
    refused_until_ns.resize(run.agents.size(), std::vector<int64_t>(run.weights.size()));
  }

  bool Counts() const { return loop.Now() >= run.counted_from_ns; }

  const ModelRun& run;
  SimulatedLoop loop{1};
  std::vector<emulator::ThroughputBudget> budgets;
  DrawStream draws{42, 0};
  ModelFigures figures;
  uint64_t throttled = 0;
  std::vector<std::vector<int64_t>> refused_until_ns;  // as the agent was told, by partition
};

// One session of an agent: asks, sends, waits, and begins anew.
class Sender final : public HeldRequest, public TimerHandler {
 public:
  Sender(World& world, HoldQueue& queue, size_t agent, int number)
      : world_(world),
        queue_(queue),
        agent_(agent),
        number_(number),
        spec_(world.run.agents[agent]) {}

  void Begin() {
    if (left_ == 0) {
      planned.partition = PickPartition();
      planned.kind = spec_.records > 1 ? OperationKind::kInsert : OperationKind::kRead;
      planned.divisible = spec_.records > 1;
      left_ = spec_.records;
    }
    planned.records = left_;
    queue_.Enter(this);
  }

  void OnAdmitted(const Permit& permit) override {
    permit_ = permit;
    left_ -= permit.records;
    step_ = Step::kArrives;
    auto& until = world_.refused_until_ns[agent_][static_cast<size_t>(planned.partition)];
    if (world_.loop.Now() < until) ++world_.figures.before_retry_after;
    world_.loop.Schedule(world_.loop.Now() + HalfWay(), this);
  }

  void OnTimer() override {
    if (step_ == Step::kArrives) return Arrive();
    if (step_ == Step::kAnswered) return Answered();
    Begin();
  }

 private:
  enum class Step : uint8_t { kIdle, kArrives, kAnswered };

  int64_t HalfWay() {
    return static_cast<int64_t>(static_cast<double>(world_.run.latency_ns) / 2 *
                                (0.5 + world_.draws.Unit()));
  }

  int32_t PickPartition() {
    const std::vector<double>& weights = world_.run.weights;
    if (spec_.every_partition) return number_ % static_cast<int32_t>(weights.size());
    double at = world_.draws.Unit() * std::accumulate(weights.begin(), weights.end(), 0.0);
    size_t i = 0;
    while (i + 1 < weights.size() && at >= weights[i]) at -= weights[i++];
    return static_cast<int32_t>(i);
  }

  void Arrive() {
    const auto partition = static_cast<size_t>(planned.partition);
    emulator::ThroughputBudget& budget = world_.budgets[partition];
    const int64_t now_ns = world_.loop.Now() + kServerClockNs;
    result_ = {};
    for (uint32_t i = 0; i < permit_.records; ++i) {
      CentiRu charge = kThrottledCharge;
      if (budget.Admits(now_ns)) {
        const double about = 1 + spec_.spread * (2 * world_.draws.Unit() - 1);
        charge = std::llround(spec_.record_ru * 100 * about);
        budget.Spend(charge);
        Count(partition, charge);
      } else {
        ++result_.refused;
        result_.retry_after_ns = budget.RetryAfterMs(now_ns) * kNsPerMs;
      }
      result_.charge += charge * 10;
    }
    world_.figures.requests += world_.Counts();
    world_.throttled += world_.Counts() && result_.refused > 0;
    step_ = Step::kAnswered;
    world_.loop.Schedule(world_.loop.Now() + HalfWay(), this);
  }

  void Count(size_t partition, CentiRu charge) {
    if (!world_.Counts()) return;
    world_.figures.granted_ru[agent_] += static_cast<double>(charge) / 100;
    world_.figures.partition_ru[partition] += static_cast<double>(charge) / 100;
  }

  void Answered() {
    const int64_t now_ns = world_.loop.Now();
    queue_.control().Answered(planned, permit_, result_, now_ns);
    left_ += result_.refused;
    step_ = Step::kIdle;
    if (result_.refused > 0) {
      auto& until = world_.refused_until_ns[agent_][static_cast<size_t>(planned.partition)];
      until = std::max(until, now_ns + result_.retry_after_ns);
    }
    const double rest_s =
        spec_.offered_per_s > 0 && left_ == 0
            ? -std::log(1 - world_.draws.Unit()) * spec_.sessions / spec_.offered_per_s
            : 0;
    if (rest_s == 0) return Begin();
    world_.loop.Schedule(now_ns + static_cast<int64_t>(rest_s * 1e9), this);
  }

  World& world_;
  HoldQueue& queue_;
  const size_t agent_;
  const int number_;
  const ModelAgent& spec_;
  Step step_ = Step::kIdle;
  uint32_t left_ = 0;
  Permit permit_;
  RequestResult result_;
};

struct Agent {
  Agent(World& world, size_t index) : control(Draw(7, index)), queue(control, world.loop) {
    const ModelAgent& spec = world.run.agents[index];
    control.SetShare(
        std::llround(spec.share_told_ru * 1000 / static_cast<double>(world.run.weights.size())));
    for (int i = 0; i < spec.sessions; ++i) {
      senders.push_back(std::make_unique<Sender>(world, queue, index, i));
      world.loop.Schedule(spec.starts_ns + i, senders.back().get());
    }
  }
  CongestionControl control;
  HoldQueue queue;
  std::vector<std::unique_ptr<Sender>> senders;
};

void ChangeThroughput(World* world) {
  const double each =
      world->run.later_container_ru * 100 / static_cast<double>(world->run.weights.size());
  for (emulator::ThroughputBudget& budget : world->budgets) {
    budget.SetPerSecond(std::llround(each), world->loop.Now() + kServerClockNs);
  }
}

}  // namespace

ModelFigures Simulate(const ModelRun& run) {
  World world(run);
  world.figures.granted_ru.resize(run.agents.size());
  std::vector<std::unique_ptr<Agent>> agents;
  for (size_t i = 0; i < run.agents.size(); ++i) {
    agents.push_back(std::make_unique<Agent>(world, i));
  }
  bool changed = run.later_container_ru <= 0;
  while (world.loop.Now() < run.length_ns) {
    if (!changed && world.loop.Now() >= run.length_ns / 2) {
      ChangeThroughput(&world);
      changed = true;
    }
    world.loop.RunOnce(run.length_ns);
  }
  ModelFigures& figures = world.figures;
  const double seconds = static_cast<double>(run.length_ns - run.counted_from_ns) / 1e9;
  double granted = 0;
  for (double& ru : figures.granted_ru) granted += ru /= seconds;
  for (double& ru : figures.partition_ru) ru /= seconds;
  const double provisioned = run.later_container_ru > 0 ? run.later_container_ru : run.container_ru;
  figures.utilisation = granted / provisioned;
  figures.throttled_share = static_cast<double>(world.throttled) /
                            static_cast<double>(std::max<uint64_t>(1, figures.requests));
  return figures;
}

}  // namespace weir::cosmos
