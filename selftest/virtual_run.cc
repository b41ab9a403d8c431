#include "selftest/virtual_run.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "agent/pacer.h"
#include "agent/recorder.h"
#include "agent/worker.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/simulated_loop.h"
#include "base/status.h"
#include "generators/operation_plan.h"
#include "generators/schedule.h"

namespace weir {
namespace {

uint32_t ShareOf(uint32_t whole, uint32_t index, uint32_t count) {
  return whole / count + (index < whole % count ? 1 : 0);
}

uint32_t SessionsOf(const v1::LoadShape& shape, uint32_t agent, uint32_t agents) {
  return ShareOf(shape.has_open() ? shape.open().sessions() : shape.closed().sessions(), agent,
                 agents);
}

WorkerSettings SettingsOf(const v1::Scenario& scenario, uint32_t agent, uint32_t agents) {
  WorkerSettings settings;
  settings.sessions = SessionsOf(scenario.shape(), agent, agents);
  settings.timeout_ns = scenario.timeout().ns();
  settings.shape.phases = {v1::PHASE_MEASURE};
  if (scenario.phases().warm_up().ns() > 0) {
    settings.shape.phases = {v1::PHASE_WARM_UP, v1::PHASE_MEASURE};
    settings.second_phase_offset_ns = scenario.phases().warm_up().ns();
  }
  settings.shape.types = static_cast<uint32_t>(scenario.operations_size());
  return settings;
}

// One agent with one worker, on a loop of its own whose clock jumps from event to event.
class VirtualAgent {
 public:
  VirtualAgent(const WorkerSettings& settings, const OperationPlan& plan,
               std::unique_ptr<Pacer> pacer)
      : shape_(settings.shape),
        loop_(kVirtualStartNs),
        pages_(settings.shape, 1),
        pacer_(std::move(pacer)),
        worker_(settings, plan, loop_, pages_),
        page_(pages_.MakePage()) {}

  absl::Status Begin(Backend& server) {
    WEIR_RETURN_IF_ERROR(worker_.Open(server));
    worker_.Begin(*pacer_, kVirtualStartNs);
    return absl::OkStatus();
  }

  // When it has something to do.
  int64_t NextNs() const { return std::min(wake_ns_, loop_.NextTimerNs()); }

  // Does it. False when there is nothing left.
  bool Step(VirtualRunResult* result) {
    loop_.RunOnce(wake_ns_);
    const bool more = worker_.Pass();
    if (more) {
      wake_ns_ = worker_.NextWakeNs(loop_.Now());
    } else {
      worker_.End();
    }
    while (pages_.Ready() && pages_.Next(&page_)) Count(result);
    return more;
  }

 private:
  void Count(VirtualRunResult* result) {
    if (page_.second >= result->seconds.size()) result->seconds.resize(page_.second + 1);
    VirtualSecond& second = result->seconds[page_.second];
    page_.ForEach([&](uint32_t, size_t cell, const Tally& tally) {
      result->total.Add(tally);
      if (shape_.PhaseOf(cell) == v1::PHASE_MEASURE) result->measured.Add(tally);
      second.planned += tally.counts().planned();
      second.settled += Settled(tally.counts());
    });
  }

  const TallyShape shape_;
  SimulatedLoop loop_;
  PageCollector pages_;
  std::unique_ptr<Pacer> pacer_;
  Worker worker_;
  Page page_;
  int64_t wake_ns_ = kVirtualStartNs;
};

// Whoever's event is the earliest goes on, so that the server sees requests in order of time.
absl::Status Drive(const std::vector<std::unique_ptr<VirtualAgent>>& agents, Backend& server,
                   VirtualRunResult* result) {
  using Turn = std::pair<int64_t, size_t>;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns;
  for (size_t i = 0; i < agents.size(); ++i) {
    WEIR_RETURN_IF_ERROR(agents[i]->Begin(server));
    turns.emplace(agents[i]->NextNs(), i);
  }
  while (!turns.empty()) {
    const size_t next = turns.top().second;
    turns.pop();
    if (agents[next]->Step(result)) turns.emplace(agents[next]->NextNs(), next);
  }
  return absl::OkStatus();
}

// What a scenario asks for, as every agent makes it.
struct Work {
  std::unique_ptr<Dataset> dataset;
  std::unique_ptr<OperationPlan> plan;
  std::unique_ptr<Schedule> schedule;  // null in a closed loop
};

absl::StatusOr<Work> MakeWork(const v1::Campaign& campaign) {
  Work work;
  const v1::Scenario& scenario = campaign.scenarios(0);
  WEIR_ASSIGN_OR_RETURN(work.dataset, MakeDataset(campaign.dataset(), campaign.seed()));
  WEIR_ASSIGN_OR_RETURN(work.plan, MakeOperationPlan(campaign, scenario, *work.dataset));
  if (!scenario.shape().has_open()) return work;
  WEIR_ASSIGN_OR_RETURN(work.schedule, MakeSchedule(campaign, scenario));
  return work;
}

std::unique_ptr<Pacer> PacerOf(const v1::Scenario& scenario, const Work& work, Stride stride) {
  if (work.schedule != nullptr) return MakeOpenPacer(*work.schedule, stride, kVirtualStartNs);
  const auto agents = static_cast<uint32_t>(stride.step);
  const ClosedPacing pacing{
      .end_ns = kVirtualStartNs + scenario.phases().measure().ns(),
      .turns = SessionsOf(scenario.shape(), static_cast<uint32_t>(stride.first), agents)};
  return MakeClosedPacer(pacing, stride, kVirtualStartNs);
}

// `own`: not null, when every agent follows a schedule of its own from the start on.
absl::StatusOr<VirtualRunResult> Run(const v1::Campaign& campaign, uint32_t agents, Backend& server,
                                     const Schedule* own) {
  const v1::Scenario& scenario = campaign.scenarios(0);
  WEIR_ASSIGN_OR_RETURN(const Work work, MakeWork(campaign));
  std::vector<std::unique_ptr<VirtualAgent>> crew;
  for (uint32_t i = 0; i < agents; ++i) {
    std::unique_ptr<Pacer> pacer = own != nullptr ? MakeOpenPacer(*own, {0, 1}, kVirtualStartNs)
                                                  : PacerOf(scenario, work, {i, agents});
    crew.push_back(std::make_unique<VirtualAgent>(SettingsOf(scenario, i, agents), *work.plan,
                                                  std::move(pacer)));
  }
  VirtualRunResult result;
  if (work.schedule != nullptr) result.planned = work.schedule->size();
  if (own != nullptr) result.planned = own->size() * agents;
  WEIR_RETURN_IF_ERROR(Drive(crew, server, &result));
  return result;
}

void Append(uint64_t number, std::string* bytes) {
  for (int i = 0; i < 8; ++i) bytes->push_back(static_cast<char>(number >> (8 * i)));
}

}  // namespace

v1::Campaign VirtualCampaign(const VirtualLoad& load) {
  v1::Campaign campaign;
  campaign.set_name("selftest");
  campaign.set_seed(load.seed);
  campaign.mutable_dataset()->set_records(10'000);
  v1::LogsDataset* logs = campaign.mutable_dataset()->mutable_logs();
  logs->set_services(8);
  logs->set_hosts(40);
  logs->set_regions(2);
  logs->set_users(1000);
  logs->set_records_per_trace(8);
  logs->set_records_per_second(1000);
  v1::Scenario* scenario = campaign.add_scenarios();
  scenario->set_name("selftest");
  scenario->mutable_phases()->mutable_measure()->set_ns(load.seconds * kNsPerSecond);
  if (load.warm_up_seconds > 0) {
    scenario->mutable_phases()->mutable_warm_up()->set_ns(load.warm_up_seconds * kNsPerSecond);
  }
  scenario->mutable_timeout()->set_ns(load.timeout_ns);
  v1::OperationSpec* read = scenario->add_operations();
  read->set_do_(v1::OPERATION_KIND_READ);
  read->set_weight(1);
  read->set_batch(1);
  if (load.closed) {
    scenario->mutable_shape()->mutable_closed()->set_sessions(load.sessions);
    return campaign;
  }
  v1::OpenLoop* open = scenario->mutable_shape()->mutable_open();
  open->mutable_rate()->set_operations(load.rate);
  open->mutable_rate()->set_per_ns(kNsPerSecond);
  open->set_arrivals(load.arrivals);
  open->set_sessions(load.sessions);
  return campaign;
}

absl::StatusOr<VirtualRunResult> RunInVirtualTime(const v1::Campaign& campaign, uint32_t agents,
                                                  Backend& server) {
  return Run(campaign, agents, server, nullptr);
}

absl::StatusOr<VirtualRunResult> RunWithARateOfItsOwnEach(const v1::Campaign& campaign,
                                                          uint32_t agents, Backend& server) {
  v1::Campaign own = campaign;
  v1::Rate* rate = own.mutable_scenarios(0)->mutable_shape()->mutable_open()->mutable_rate();
  rate->set_per_ns(rate->per_ns() * agents);
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<Schedule> schedule,
                        MakeSchedule(own, own.scenarios(0)));
  return Run(campaign, agents, server, schedule.get());
}

absl::StatusOr<std::string> MergedPlan(const v1::Campaign& campaign, uint32_t agents) {
  WEIR_ASSIGN_OR_RETURN(const Work work, MakeWork(campaign));
  std::vector<std::array<uint64_t, 4>> operations(work.schedule->size());
  PlannedOperation planned;
  for (uint32_t agent = 0; agent < agents; ++agent) {
    const auto cursor = work.schedule->Cursor(agent, agents);
    for (; !cursor->done(); cursor->Advance()) {
      work.plan->Make(cursor->index(), &planned);
      operations[cursor->index()] = {cursor->index() + 1,
                                     static_cast<uint64_t>(cursor->offset_ns()), planned.type,
                                     planned.operation.first_record};
    }
  }
  std::string bytes;
  bytes.reserve(operations.size() * sizeof(operations[0]));
  for (const auto& operation : operations) {
    for (const uint64_t number : operation) Append(number, &bytes);
  }
  return bytes;
}

}  // namespace weir
