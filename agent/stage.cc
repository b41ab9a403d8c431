#include "agent/stage.h"

#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "agent/canary_scenario.h"
#include "agent/database_watch.h"
#include "agent/headroom_scenario.h"
#include "agent/pacer.h"
#include "agent/recorder.h"
#include "agent/share_plan.h"
#include "agent/stage_budget.h"
#include "agent/stage_caps.h"
#include "agent/watch/stage_watch.h"
#include "agent/worker.h"
#include "base/clock.h"
#include "base/epoll_loop.h"
#include "base/random.h"
#include "base/status.h"
#include "generators/operation_plan.h"
#include "generators/schedule.h"
#include "generators/target_campaign.h"
#include "measure/index_runs.h"

namespace weir {
namespace {

// Attempts of a load: it goes on until the records are there, and gives up only where that is
// hopeless.
constexpr uint32_t kLoadAttempts = 5;
constexpr uint32_t kLoadThrottledAttempts = 100'000;

// How long a proof of headroom may go on after its plan's end: it has failed by then.
constexpr int64_t kProofGraceNs = kNsPerSecond;

// What all workers of a stage share.
struct Course {
  TallyShape shape;
  std::unique_ptr<OperationPlan> plan;
  std::unique_ptr<Schedule> schedule;  // null in a closed loop
  ClosedPacing closed;
  uint32_t sessions = 1;            // over all agents
  uint32_t in_flight = 1;           // of each session, in a closed loop
  uint64_t planned_operations = 0;  // 0: not known beforehand
  WorkerSettings worker;
};

uint32_t ShareOf(uint32_t whole, uint32_t index, uint32_t count) {
  return whole / count + (index < whole % count ? 1 : 0);
}

RetrySettings RetryOf(const v1::RetryPolicy& policy, uint64_t seed, const v1::Prepare& prepare) {
  RetrySettings retry;
  retry.attempts = std::max<uint32_t>(1, policy.attempts());
  retry.throttled_attempts = retry.attempts;
  if (policy.has_base()) retry.base_ns = policy.base().ns();
  if (policy.has_cap()) retry.cap_ns = policy.cap().ns();
  retry.obey_retry_after = policy.obey_retry_after();
  retry.seed = DeriveKey(seed, absl::StrCat("retry ", prepare.leg(), "/", prepare.share_index()));
  return retry;
}

absl::StatusOr<Course> LoadCourse(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  const v1::LoadPhase& load = scenario.phases().load();
  Course course;
  course.plan = MakeLoadPlan(campaign, load);
  course.planned_operations = LoadOperations(campaign, load);
  course.closed.operations = course.planned_operations;
  course.sessions = load.sessions();
  course.shape.phases = {v1::PHASE_LOAD};
  return course;
}

absl::StatusOr<Course> DriveCourse(const v1::Campaign& campaign, const v1::Scenario& scenario,
                                   const Dataset& dataset, int64_t* closed_length_ns) {
  Course course;
  WEIR_ASSIGN_OR_RETURN(course.plan, MakeOperationPlan(campaign, scenario, dataset));
  const int64_t warm_up_ns = scenario.phases().warm_up().ns();
  const int64_t length_ns = warm_up_ns + scenario.phases().measure().ns();
  course.shape.phases = {v1::PHASE_MEASURE};
  if (warm_up_ns > 0) {
    course.shape.phases = {v1::PHASE_WARM_UP, v1::PHASE_MEASURE};
    course.worker.second_phase_offset_ns = warm_up_ns;
  }
  if (scenario.shape().has_open()) {
    WEIR_ASSIGN_OR_RETURN(course.schedule, MakeSchedule(campaign, scenario));
    course.planned_operations = course.schedule->size();
    course.sessions = scenario.shape().open().sessions();
    course.worker.spin_ns = scenario.shape().open().spin().ns();
    course.worker.spin_share = scenario.shape().open().spin_share();
  } else {
    *closed_length_ns = length_ns;
    course.sessions = scenario.shape().closed().sessions();
    course.closed.think_ns = scenario.shape().closed().think_time().ns();
    course.in_flight = std::max(scenario.shape().closed().in_flight(), 1u);
  }
  return course;
}

class ThreadedStage final : public Stage {
 public:
  ThreadedStage(Course course, int64_t closed_length_ns, const v1::Prepare& prepare,
                uint32_t workers, StageCaps caps)
      : course_(std::move(course)),
        closed_length_ns_(closed_length_ns),
        share_index_(prepare.share_index()),
        share_count_(prepare.share_count()),
        sessions_(ShareOf(course_.sessions, share_index_, share_count_)),
        workers_(std::min(workers, sessions_)),
        pages_(course_.shape, workers_),
        working_(workers_),
        budget_(prepare.budget()),
        caps_(std::move(caps)) {
    caps_.ShareOut(workers_);
    result_.set_leg(prepare.leg());
    result_.set_task(prepare.task());
  }

  ~ThreadedStage() override {
    Stop();
    if (reporter_.joinable()) reporter_.join();  // which joins the workers
  }

  absl::Status OpenSessions(Backend& backend) {
    for (uint32_t w = 0; w < workers_; ++w) {
      WorkerSettings settings = course_.worker;
      settings.sessions = ShareOf(sessions_, w, workers_);
      settings.shape = course_.shape;
      settings.retry.seed = Draw(settings.retry.seed, w);
      settings.caps.operations = caps_.operations();
      settings.caps.milli_ru = caps_.milli_ru();
      loops_.push_back(std::make_unique<EpollLoop>());
      crew_.push_back(std::make_unique<Worker>(settings, *course_.plan, *loops_.back(), pages_));
      WEIR_RETURN_IF_ERROR(crew_.back()->Open(backend));
    }
    return absl::OkStatus();
  }

  // Before Start.
  void Keep(DeadLetters& letters) {
    letters_ = &letters;
    letters_before_ = letters.written();
  }

  // Before Start; null: somebody else watches.
  void Watch(std::unique_ptr<DatabaseWatch> database) { database_ = std::move(database); }

  void Start(int64_t start_ns, Listener listener) override {
    listener_ = std::move(listener);
    start_ns_ = start_ns;
    if (database_ != nullptr) database_->Start(start_ns);
    first_turns_.resize(workers_);
    watch_.emplace(start_ns, workers_);
    for (uint32_t w = 0; w < workers_; ++w) threads_.emplace_back([this, w] { RunWorker(w); });
    reporter_ = std::thread([this] { Report(); });
  }

  void Stop() override {
    for (const auto& worker : crew_) worker->Stop();
  }

  void ExtendLease(int64_t until_ns) override {
    for (const auto& worker : crew_) worker->ExtendLease(until_ns);
  }

  const Course& course() const { return course_; }

 private:
  std::unique_ptr<Pacer> PacerOf(uint32_t worker) const {
    const Stride stride{share_index_ + uint64_t{share_count_} * worker,
                        uint64_t{share_count_} * workers_};
    if (course_.schedule != nullptr) return MakeOpenPacer(*course_.schedule, stride, start_ns_);
    ClosedPacing pacing = course_.closed;
    pacing.turns = ShareOf(sessions_, worker, workers_) * course_.in_flight;
    if (closed_length_ns_ > 0) pacing.end_ns = start_ns_ + closed_length_ns_;
    return MakeClosedPacer(pacing, stride, start_ns_);
  }

  void RunWorker(uint32_t worker) {
    prctl(PR_SET_TIMERSLACK, 1);  // the default lets the kernel be 50 µs late
    const std::unique_ptr<Pacer> pacer = PacerOf(worker);
    EpollLoop& loop = *loops_[worker];
    const WorkerUse::Turn turn(watch_->worker(worker));
    crew_[worker]->BookSpin(&watch_->worker(worker));
    while (loop.Now() < start_ns_ && !crew_[worker]->stopped()) loop.RunOnce(start_ns_);
    first_turns_[worker] = loop.Now();
    crew_[worker]->Run(*pacer, start_ns_);
    --working_;
  }

  void Report() {
    std::vector<Tally> totals(course_.shape.cells());
    for (Page page = pages_.MakePage(); pages_.Next(&page);) {
      uint64_t milli_ru = 0;
      page.ForEach([&](uint32_t, size_t cell, const Tally& tally) {
        totals[cell].Add(tally);
        milli_ru += tally.counts().milli_ru();
      });
      KeepToBudget(milli_ru);
      v1::Interval interval = ToInterval(page);
      AddLedger(&page, &interval);
      PutAside(page);
      *interval.add_resources() = watch_->Of(page.second);
      if (database_ != nullptr) database_->AddProcesses(&interval);
      listener_.on_interval(std::move(interval));
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    watch_.reset();
    Conclude(totals);
    if (database_ != nullptr) database_->Conclude(&result_);
    listener_.on_done(std::move(result_));
  }

  // Once a second. A stage that is over anyway was not stopped.
  void KeepToBudget(uint64_t milli_ru) {
    const std::string used_up = budget_.Add(milli_ru);
    const std::string reached = caps_.Reached().empty() ? used_up : caps_.Reached();
    if (reached.empty() || working_ == 0 || !result_.budget_reached().empty()) return;
    result_.set_budget_reached(reached);
    Stop();
  }

  v1::Interval ToInterval(const Page& page) const {
    v1::Interval interval;
    interval.set_second(page.second);
    page.ForEach([&](uint32_t age, size_t cell, const Tally& tally) {
      v1::OperationInterval* operation = interval.add_operations();
      operation->set_phase(course_.shape.PhaseOf(cell));
      operation->set_operation(course_.shape.TypeOf(cell));
      operation->set_age(age);
      *operation->mutable_tally() = tally.ToProto();
    });
    for (size_t number = 0; number < page.partitions().size(); ++number) {
      if (page.partitions()[number].attempts() == 0) continue;
      v1::PartitionUse* use = interval.add_partitions();
      *use = page.partitions()[number];
      use->set_partition(static_cast<int32_t>(number));
    }
    return interval;
  }

  static void AddLedger(Page* page, v1::Interval* interval) {
    if (page->acknowledged.empty() && page->unknown.empty()) return;
    EncodeRuns(&page->acknowledged, interval->mutable_ledger()->mutable_acknowledged());
    EncodeRuns(&page->unknown, interval->mutable_ledger()->mutable_unknown());
  }

  // Once a second, on the disk before the second is reported. Without room the stage ends: nothing
  // that failed is to be forgotten.
  void PutAside(const Page& page) {
    if (letters_ == nullptr || page.undelivered.empty() || !letters_status_.ok()) return;
    v1::DeadLetter letter;
    letter.set_leg(result_.leg());
    letter.set_stage(result_.task() == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE);
    letter.set_unix_ns(WallUnixNs());
    for (const Undelivered& operation : page.undelivered) {
      letter.set_index(operation.index);
      letter.set_operation(course_.plan->types()[operation.type].name);
      letter.set_writes(operation.writes);
      letter.set_attempts(operation.attempts);
      letter.set_verdict(std::string(VerdictName(operation.verdict)));
      letter.set_detail(AsUtf8(operation.detail));
      letters_status_.Update(letters_->Write(letter));
    }
    letters_status_.Update(letters_->Sync());
    if (!letters_status_.ok()) Stop();
  }

  void Conclude(const std::vector<Tally>& totals) {
    for (size_t cell = 0; cell < totals.size(); ++cell) {
      v1::PhaseResult* total = result_.add_totals();
      total->set_phase(course_.shape.PhaseOf(cell));
      total->set_operation(course_.shape.TypeOf(cell));
      *total->mutable_total() = totals[cell].ToProto();
    }
    std::vector<std::string> names;
    for (const OperationType& type : course_.plan->types()) names.push_back(type.name);
    ErrorLog errors;
    std::vector<std::vector<v1::KeyUse>> keys;
    int64_t last_ns = start_ns_;
    bool stopped = false;
    for (const auto& worker : crew_) {
      errors.Add(worker->errors());
      keys.push_back(worker->keys().ToProto());
      last_ns = std::max(last_ns, worker->last_completion_ns());
      stopped |= worker->stopped();
      if (worker->gave_up()) result_.set_error("gave up: no operation succeeded any more");
    }
    for (v1::ErrorSample& sample : errors.ToProto(names)) *result_.add_errors() = sample;
    for (v1::KeyUse& use : MergeKeyUses(keys, HeavyHitters::kKeys)) *result_.add_hot_keys() = use;
    if (letters_ != nullptr) result_.set_dead_letters(letters_->written() - letters_before_);
    if (!letters_status_.ok()) result_.set_error(std::string(letters_status_.message()));
    // The last worker that was at work may have ended with it.
    if (result_.budget_reached().empty()) result_.set_budget_reached(caps_.Reached());
    result_.set_elapsed_ns(last_ns - start_ns_);
    result_.set_stopped_early(stopped);
    int64_t lateness_ns = 0;
    for (const int64_t first : first_turns_) lateness_ns = std::max(lateness_ns, first - start_ns_);
    result_.set_start_lateness_ns(lateness_ns);
    // None when it was stopped before.
    const int64_t last_turn_ns = *std::max_element(first_turns_.begin(), first_turns_.end());
    if (last_turn_ns >= start_ns_) result_.set_started_ns(last_turn_ns);
  }

  Course course_;
  const int64_t closed_length_ns_;
  const uint32_t share_index_;
  const uint32_t share_count_;
  const uint32_t sessions_;
  const uint32_t workers_;
  PageCollector pages_;
  std::atomic<uint32_t> working_;  // workers that still run
  StageBudgetWatch budget_;        // of the reporter's thread
  StageCaps caps_;
  std::unique_ptr<DatabaseWatch> database_;
  DeadLetters* letters_ = nullptr;
  uint64_t letters_before_ = 0;
  absl::Status letters_status_;
  std::vector<std::unique_ptr<EpollLoop>> loops_;
  std::vector<std::unique_ptr<Worker>> crew_;  // after the loops: its sessions leave them first
  std::vector<int64_t> first_turns_;
  std::optional<StageWatch> watch_;  // while the stage runs
  std::vector<std::thread> threads_;
  std::thread reporter_;
  Listener listener_;
  int64_t start_ns_ = 0;
  v1::StageDone result_;
};

bool AnyWrites(const OperationPlan& plan) {
  return std::any_of(plan.types().begin(), plan.types().end(), [](const OperationType& type) {
    return type.kind != v1::OPERATION_KIND_READ && type.kind != v1::OPERATION_KIND_QUERY;
  });
}

int PartitionField(const v1::Target& target, const RecordSchema& schema) {
  const std::string& chosen = target.cosmos().partition_key();
  return chosen.empty() ? schema.partition_field : schema.FieldIndex(chosen);
}

void Describe(const Course& course, const v1::Target& target, const RecordSchema& schema,
              v1::Prepared* prepared) {
  const int partition_field = PartitionField(target, schema);
  for (const OperationType& type : course.plan->types()) {
    v1::OperationFacts* facts = prepared->add_operations();
    facts->set_name(type.name);
    facts->set_kind(type.kind);
    facts->set_weight(type.weight);
    facts->set_batch(type.batch);
    facts->set_keys(type.keys);
    if (type.query == nullptr) continue;
    facts->set_query(type.query->name);
    facts->set_single_partition(StaysInOnePartition(*type.query, partition_field));
  }
  prepared->set_planned_operations(course.planned_operations);
}

v1::Scenario ScenarioFor(const v1::Prepare& prepare, const v1::Campaign& campaign) {
  const v1::Scenario& planned = campaign.scenarios(static_cast<int>(prepare.scenario()));
  switch (prepare.task()) {
    case v1::TASK_PROVE:
      return HeadroomScenario(planned, prepare.rate_factor(), prepare.length().ns());
    case v1::TASK_CANARY:
      return CanaryScenario(planned, prepare.share_count(), prepare.length().ns());
    default:
      return planned;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Stage>> PrepareStage(const v1::Prepare& prepare, uint32_t workers,
                                                    Workbench& workbench, DeadLetters& letters,
                                                    v1::Prepared* prepared) {
  // Of a search for capacity, each leg has the scenario at another rate.
  const v1::Campaign campaign = CampaignOn(
      prepare.campaign(), prepare.campaign().targets(static_cast<int>(prepare.target())));
  const bool load = prepare.task() == v1::TASK_LOAD;
  const bool proof = prepare.task() == v1::TASK_PROVE;
  const bool rehearses = proof || prepare.task() == v1::TASK_CANARY;  // without the database
  const v1::Scenario scenario = ScenarioFor(prepare, campaign);
  int64_t closed_length_ns = 0;
  WEIR_ASSIGN_OR_RETURN(Course course, load ? LoadCourse(campaign, scenario)
                                            : DriveCourse(campaign, scenario, workbench.dataset(),
                                                          &closed_length_ns));
  course.shape.types = static_cast<uint32_t>(course.plan->types().size());
  course.worker.timeout_ns = scenario.timeout().ns();
  course.worker.retry = RetryOf(scenario.retry(), campaign.seed(), prepare);
  if (load) {
    course.worker.retry.attempts = std::max(course.worker.retry.attempts, kLoadAttempts);
    course.worker.retry.throttled_attempts = kLoadThrottledAttempts;
    course.worker.retry.obey_retry_after = true;
    course.worker.give_up_ns = 2 * course.worker.timeout_ns;
  }
  StageCaps caps;
  if (!rehearses) {
    WEIR_ASSIGN_OR_RETURN(caps, StageCaps::Of(prepare.budget(), workbench.limits()));
    course.worker.caps.waits = load;
  }
  const bool writes = AnyWrites(*course.plan);
  course.worker.keeps_ledger = !rehearses && writes;
  course.worker.keeps_letters = !rehearses;
  if (proof) {
    course.worker.length_ns = prepare.length().ns() + kProofGraceNs;
    WEIR_RETURN_IF_ERROR(CheckHeadroom(course.planned_operations, prepare.length().ns(),
                                       prepare.share_count(), workers));
  }
  if (ShareOf(course.sessions, prepare.share_index(), prepare.share_count()) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("scenario ", scenario.name(), ": ", course.sessions,
                     " sessions cannot be shared by ", prepare.share_count(), " agents"));
  }
  Describe(course, campaign.targets(prepare.target()), workbench.dataset().schema(), prepared);
  const Share share{prepare.share_index(), prepare.share_count()};
  if (load) CountLoad(course.planned_operations, course.shape, share, prepared);
  if (course.schedule != nullptr) {
    CountSchedule(*course.schedule, *course.plan, course.shape,
                  course.worker.second_phase_offset_ns, share, prepared);
  }
  if (absl::Status fits = caps.Admit(*prepared); !fits.ok()) return fits;
  prepared->set_plan_digest(PlanDigest(campaign, scenario, workbench.dataset()));
  auto stage = std::make_unique<ThreadedStage>(std::move(course), closed_length_ns, prepare,
                                               workers, std::move(caps));
  Backend& backend = rehearses ? workbench.instant() : workbench.backend(prepare.target());
  WEIR_RETURN_IF_ERROR(stage->OpenSessions(backend));
  stage->Watch(DatabaseWatch::Make(prepare, scenario, backend));
  if (!rehearses) stage->Keep(letters);
  return stage;
}

}  // namespace weir
