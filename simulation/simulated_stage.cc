#include "simulation/simulated_stage.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kStopGraceNs = 1'000'000'000;
constexpr uint64_t kLeastCharge = 1000;  // milli-RU
constexpr uint64_t kMostCharge = 1006;

uint64_t ShareOf(uint64_t whole, uint64_t index, uint64_t count) {
  return whole / count + (index < whole % count ? 1 : 0);
}

}  // namespace

SimulatedStage::SimulatedStage(const Surroundings& surroundings, const v1::Prepare& prepare,
                               uint32_t node)
    : surroundings_(surroundings),
      task_(prepare.task()),
      load_(prepare.task() == v1::TASK_LOAD),
      share_(prepare.share_index()),
      shares_(prepare.share_count()),
      budget_(prepare.budget()) {
  const v1::Campaign& campaign = prepare.campaign();
  const v1::Scenario& scenario = campaign.scenarios(static_cast<int>(prepare.scenario()));
  timeout_ns_ = scenario.timeout().ns();
  if (load_) {
    operations_ = campaign.dataset().records() / std::max(1u, scenario.phases().load().batch());
    sessions_ = ShareOf(scenario.phases().load().sessions(), share_, shares_);
  } else {
    const v1::Rate& rate = scenario.shape().open().rate();
    gap_ns_ = static_cast<int64_t>(rate.per_ns() / rate.operations());
    warm_up_ns_ = scenario.phases().warm_up().ns();
    int64_t length_ns = warm_up_ns_ + scenario.phases().measure().ns();
    if (task_ == v1::TASK_PROVE) {
      gap_ns_ = static_cast<int64_t>(static_cast<double>(gap_ns_) / prepare.rate_factor());
      length_ns = prepare.length().ns();
      warm_up_ns_ = 0;
    }
    operations_ = static_cast<uint64_t>(length_ns / gap_ns_);
    types_ = static_cast<uint32_t>(scenario.operations_size());
    sessions_ = ShareOf(scenario.shape().open().sessions(), share_, shares_);
  }
  books_->node = node;
  books_->share = prepare.share_index();
  books_->leg = prepare.leg();
  books_->task = task_;
  books_->budget_milli_ru = prepare.budget().milli_ru();
  books_->most_in_flight = sessions_ * kMostCharge;
}

int64_t SimulatedStage::OffsetOf(uint64_t index) const {
  return static_cast<int64_t>(index) * gap_ns_;
}

v1::Phase SimulatedStage::PhaseOf(int64_t intended_ns) const {
  if (load_) return v1::PHASE_LOAD;
  return intended_ns - start_ns_ < warm_up_ns_ ? v1::PHASE_WARM_UP : v1::PHASE_MEASURE;
}

uint32_t SimulatedStage::SecondOf(int64_t intended_ns) const {
  return static_cast<uint32_t>(std::max<int64_t>(0, intended_ns - start_ns_) / kNsPerSecond);
}

void SimulatedStage::Describe(v1::Prepared* prepared) const {
  prepared->set_planned_operations(operations_);
  prepared->set_workers(1);
  for (uint32_t type = 0; type < types_; ++type) {
    prepared->add_operations()->set_name(std::string(1, static_cast<char>('a' + type)));
  }
  if (load_) {
    const uint64_t mine = ShareOf(operations_, share_, shares_);
    if (mine == 0) return;
    v1::PlannedCounts* counts = prepared->add_planned();
    counts->set_phase(v1::PHASE_LOAD);
    counts->add_by_second(mine);
    return;
  }
  std::map<PhaseOperation, std::map<uint32_t, uint64_t>> plan;
  for (uint64_t turn = 0; IndexOf(turn) < operations_; ++turn) {
    const uint64_t index = IndexOf(turn);
    const int64_t offset_ns = OffsetOf(index);
    const v1::Phase phase = offset_ns < warm_up_ns_ ? v1::PHASE_WARM_UP : v1::PHASE_MEASURE;
    ++plan[{phase, index % types_}][static_cast<uint32_t>(offset_ns / kNsPerSecond)];
  }
  for (const auto& [operation, seconds] : plan) {
    v1::PlannedCounts* counts = prepared->add_planned();
    counts->set_phase(operation.first);
    counts->set_operation(operation.second);
    counts->set_first_second(seconds.begin()->first);
    for (const auto& [second, number] : seconds) {
      while (counts->first_second() + counts->by_second_size() < second) counts->add_by_second(0);
      counts->add_by_second(number);
    }
  }
}

// ----------------------------------------------------------------------------- the worker's loop

void SimulatedStage::Start(int64_t start_ns, Listener listener) {
  start_ns_ = start_ns;
  listener_ = std::move(listener);
  last_completion_ns_ = start_ns;
  Wake(start_ns);
}

void SimulatedStage::Stop() {
  stop_ = true;
  if (listener_.on_done != nullptr) Wake(Now());
}

void SimulatedStage::Wake(int64_t at_ns) {
  surroundings_.workers.Post(surroundings_.clock.TrueAt(at_ns), [this] { Pass(); });
}

void SimulatedStage::Pass() {
  if (over_) return;
  const int64_t now_ns = Now();
  if (!books_->started) {
    if (now_ns < start_ns_ && !stop_) return Wake(start_ns_);  // the clock was set back
    BeginTurns(now_ns);
  }
  if (now_ns >= lease_until_ns_ && !Finished()) stop_ = true;
  if (grace_ends_ns_ == 0 && (stop_ || Finished())) WindDown(now_ns);
  if (grace_ends_ns_ != 0) {
    while (now_ns >= start_ns_ + (page_second_ + 1) * kNsPerSecond) TurnPage();
    if (in_flight_.empty() || now_ns >= grace_ends_ns_) return Conclude(now_ns);
    return Wake(grace_ends_ns_);  // again, in case that the clock was set back
  }
  TimeOutOverdue(now_ns);
  Notice(now_ns);
  GiveUpOverdue(now_ns);
  Dispatch(now_ns);
  Wake(Finished() ? now_ns : std::max(NextWakeNs(), now_ns + 1));
}

void SimulatedStage::BeginTurns(int64_t now_ns) {
  books_->started = true;
  books_->started_true_ns = surroundings_.heap.now_ns();
  first_turn_ns_ = now_ns;
  free_turns_ = load_ ? sessions_ : 0;
}

bool SimulatedStage::Finished() const {
  return IndexOf(turn_) >= operations_ && due_.empty() && in_flight_.empty();
}

int64_t SimulatedStage::NextWakeNs() const {
  int64_t wake_ns = start_ns_ + (page_second_ + 1) * kNsPerSecond;
  if (!load_ && IndexOf(turn_) < operations_) {
    wake_ns = std::min(wake_ns, start_ns_ + OffsetOf(IndexOf(turn_)));
  }
  if (!in_flight_.empty()) {
    wake_ns = std::min(wake_ns, in_flight_.begin()->second.sent_ns + timeout_ns_);
  }
  return wake_ns;
}

// What fell due in a second that has passed is booked as planned there.
void SimulatedStage::Notice(int64_t now_ns) {
  while (true) {
    const int64_t page_end_ns = start_ns_ + (page_second_ + 1) * kNsPerSecond;
    if (now_ns < page_end_ns) break;
    NoticeUntil(page_end_ns - 1);
    TurnPage();
  }
  NoticeUntil(now_ns);
}

void SimulatedStage::NoticeUntil(int64_t last_ns) {
  const auto take = [this](int64_t intended_ns) {
    due_.push_back({IndexOf(turn_++), intended_ns});
    v1::Tally& counts = Cell(due_.back()).counts;
    counts.set_planned(counts.planned() + 1);
  };
  if (load_) {
    for (; free_turns_ > 0 && IndexOf(turn_) < operations_; --free_turns_) {
      take(std::max(last_ns, start_ns_));
    }
    return;
  }
  while (IndexOf(turn_) < operations_ && start_ns_ + OffsetOf(IndexOf(turn_)) <= last_ns) {
    take(start_ns_ + OffsetOf(IndexOf(turn_)));
  }
}

void SimulatedStage::TimeOutOverdue(int64_t now_ns) {
  while (!in_flight_.empty() && in_flight_.begin()->second.sent_ns + timeout_ns_ <= now_ns) {
    Settle(in_flight_.begin()->first, "timed_out", now_ns);
  }
}

void SimulatedStage::GiveUpOverdue(int64_t now_ns) {
  while (!due_.empty() && due_.front().intended_ns < now_ns - timeout_ns_) {
    CountUnsent(due_.front());
    due_.pop_front();
    ++free_turns_;
  }
}

void SimulatedStage::Dispatch(int64_t now_ns) {
  while (!due_.empty() && in_flight_.size() < sessions_) {
    const Due due = due_.front();
    due_.pop_front();
    Issue(due, now_ns);
  }
}

void SimulatedStage::Issue(const Due& due, int64_t now_ns) {
  surroundings_.issued(*books_, due.index);
  v1::Tally& counts = Cell(due).counts;
  counts.set_attempts(counts.attempts() + 1);
  const uint64_t ticket = ++ticket_;
  in_flight_[ticket] = {due, now_ns};
  if (surroundings_.dice.Chance(surroundings_.mood.silence)) return;
  const int64_t service_ns =
      surroundings_.dice.Spread(surroundings_.mood.fastest_ns, surroundings_.mood.slowest_ns);
  surroundings_.workers.Post(surroundings_.heap.now_ns() + service_ns,
                             [this, ticket] { Answer(ticket); });
}

void SimulatedStage::Answer(uint64_t ticket) {
  if (over_ || !in_flight_.contains(ticket)) return;
  const DatabaseMood& mood = surroundings_.mood;
  const char* verdict = "ok";
  if (surroundings_.dice.Chance(mood.refusal)) verdict = "failed";
  if (surroundings_.dice.Chance(mood.throttle)) verdict = "throttled";
  const int64_t now_ns = Now();
  while (now_ns >= start_ns_ + (page_second_ + 1) * kNsPerSecond) {
    if (grace_ends_ns_ == 0) NoticeUntil(start_ns_ + (page_second_ + 1) * kNsPerSecond - 1);
    TurnPage();
  }
  Settle(ticket, verdict, now_ns);
  Pass();
}

// ------------------------------------------------------------------------------------- the books

CellBook& SimulatedStage::Cell(const Due& due) {
  const uint32_t type = load_ ? 0 : static_cast<uint32_t>(due.index % types_);
  const uint32_t age = page_second_ - std::min(page_second_, SecondOf(due.intended_ns));
  return page_[{age, {PhaseOf(due.intended_ns), type}}];
}

void SimulatedStage::Settle(uint64_t ticket, const char* verdict, int64_t now_ns) {
  const Flight flight = in_flight_.at(ticket);
  in_flight_.erase(ticket);
  CellBook& cell = Cell(flight.due);
  v1::Tally& counts = cell.counts;
  const auto* field = v1::Tally::descriptor()->FindFieldByName(verdict);
  const auto* reflection = v1::Tally::GetReflection();
  reflection->SetUInt64(&counts, field, reflection->GetUInt64(counts, field) + 1);
  const uint64_t charge = kLeastCharge + flight.due.index % (kMostCharge - kLeastCharge + 1);
  counts.set_milli_ru(counts.milli_ru() + charge);
  if (verdict == std::string("ok")) {
    cell.response_ns.push_back(
        static_cast<uint64_t>(std::max<int64_t>(0, now_ns - flight.due.intended_ns)));
    cell.charge.push_back(charge);
  }
  last_completion_ns_ = std::max(last_completion_ns_, now_ns);
  ++free_turns_;
}

void SimulatedStage::CountUnsent(const Due& due) {
  v1::Tally& counts = Cell(due).counts;
  counts.set_unsent(counts.unsent() + 1);
}

void SimulatedStage::TurnPage() {
  v1::Interval interval;
  interval.set_second(page_second_++);
  for (const auto& [key, cell] : page_) {
    v1::OperationInterval* part = interval.add_operations();
    part->set_phase(key.operation.first);
    part->set_operation(key.operation.second);
    part->set_age(key.age);
    Tally& tally = ScratchTally();
    cell.AddTo(&tally);
    *part->mutable_tally() = tally.ToProto();
    books_->totals[key.operation].Add(cell);
  }
  page_.clear();
  KeepToBudget(interval);
  listener_.on_interval(std::move(interval));
}

void SimulatedStage::KeepToBudget(const v1::Interval& second) {
  uint64_t milli_ru = 0;
  for (const v1::OperationInterval& part : second.operations()) {
    milli_ru += part.tally().milli_ru();
  }
  books_->used_milli_ru += milli_ru;
  books_->most_in_a_second = std::max(books_->most_in_a_second, milli_ru);
  const std::string reached = budget_.Add(milli_ru);
  if (reached.empty() || stop_ || grace_ends_ns_ != 0 || Finished()) return;
  budget_reached_ = reached;
  stop_ = true;
}

// ---------------------------------------------------------------------------------------- the end

void SimulatedStage::WindDown(int64_t now_ns) {
  grace_ends_ns_ = now_ns + kStopGraceNs;
  for (; !due_.empty(); due_.pop_front()) CountUnsent(due_.front());
}

void SimulatedStage::Conclude(int64_t now_ns) {
  while (!in_flight_.empty()) Settle(in_flight_.begin()->first, "in_doubt", now_ns);
  TurnPage();
  over_ = books_->over = true;
  v1::StageDone done;
  done.set_leg(books_->leg);
  done.set_task(task_);
  for (const auto& [operation, cell] : books_->totals) {
    v1::PhaseResult* total = done.add_totals();
    total->set_phase(operation.first);
    total->set_operation(operation.second);
    Tally& tally = ScratchTally();
    cell.AddTo(&tally);
    *total->mutable_total() = tally.ToProto();
  }
  done.set_stopped_early(stop_);
  done.set_budget_reached(budget_reached_);
  done.set_elapsed_ns(last_completion_ns_ - start_ns_);
  done.set_start_lateness_ns(std::max<int64_t>(0, first_turn_ns_ - start_ns_));
  if (first_turn_ns_ >= start_ns_) done.set_started_ns(first_turn_ns_);
  listener_.on_done(std::move(done));
}

}  // namespace weir
