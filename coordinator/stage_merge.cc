#include "coordinator/stage_merge.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"

#include "base/status.h"
#include "measure/index_runs.h"
#include "measure/samples.h"

namespace weir {
namespace {

// Histograms take part in the comparison only through the counts beside them.
v1::Tally CountsOf(const v1::Tally& tally) {
  v1::Tally counts;
  AddCounts(tally, &counts);
  return counts;
}

absl::Status CheckAges(const v1::Interval& interval) {
  for (const v1::OperationInterval& part : interval.operations()) {
    if (part.age() <= interval.second()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("second ", interval.second(), " holds operations of age ", part.age()));
  }
  return absl::OkStatus();
}

}  // namespace

v1::Interval MergedSecond::ToProto() const {
  v1::Interval interval;
  interval.set_second(second);
  for (const auto& [key, tally] : tallies) {
    v1::OperationInterval* part = interval.add_operations();
    part->set_phase(key.phase);
    part->set_operation(key.operation);
    part->set_age(key.age);
    *part->mutable_tally() = tally->ToProto();
  }
  for (const auto& [number, use] : partitions) *interval.add_partitions() = use;
  *interval.mutable_resources() = {resources.begin(), resources.end()};
  *interval.mutable_processes() = {processes.begin(), processes.end()};
  if (acknowledged.empty() && unknown.empty()) return interval;
  std::vector<uint64_t> indices = acknowledged;
  EncodeRuns(&indices, interval.mutable_ledger()->mutable_acknowledged());
  indices = unknown;
  EncodeRuns(&indices, interval.mutable_ledger()->mutable_unknown());
  return interval;
}

Tally& StageMerge::In(MergedSecond& second, const TallyKey& key) {
  std::unique_ptr<Tally>& tally = second.tallies[key];
  if (tally == nullptr && !spare_.empty()) {
    tally = std::move(spare_.back());
    spare_.pop_back();
  }
  if (tally == nullptr) tally = std::make_unique<Tally>();
  return *tally;
}

absl::StatusOr<StageMerge::Taken> StageMerge::Add(uint32_t agent_index,
                                                  const v1::IntervalReport& report,
                                                  OnSecond on_second) {
  Agent& agent = agents_[agent_index];
  if (report.sequence() <= agent.sequence || agent.over) {
    ++duplicates_;
    return Taken::kDuplicate;
  }
  if (report.sequence() != agent.sequence + 1) return Taken::kGap;
  const v1::Interval& interval = report.interval();
  if (interval.second() < agent.next_second) {
    return absl::InvalidArgumentError(
        absl::StrCat("report ", report.sequence(), " goes back to second ", interval.second()));
  }
  WEIR_RETURN_IF_ERROR(CheckAges(interval));
  WEIR_RETURN_IF_ERROR(Merge(agent_index, interval));
  agent.ledger.Book(interval);
  agent.sequence = report.sequence();
  agent.next_second = interval.second() + 1;
  Flush(on_second);
  return Taken::kMerged;
}

// All or nothing: what cannot be decoded is found before anything is added.
absl::Status StageMerge::Merge(uint32_t agent_index, const v1::Interval& interval) {
  std::vector<std::pair<TallyKey, std::unique_ptr<Tally>>> decoded;
  for (const v1::OperationInterval& part : interval.operations()) {
    MergedSecond scratch;
    const TallyKey key{part.phase(), part.operation(), part.age()};
    WEIR_RETURN_IF_ERROR(In(scratch, key).Add(part.tally()));
    decoded.emplace_back(key, std::move(scratch.tallies.begin()->second));
  }
  std::vector<uint64_t> acknowledged;
  std::vector<uint64_t> unknown;
  const v1::WriteLedger& ledger = interval.ledger();
  WEIR_RETURN_IF_ERROR(
      ForEachIndex(ledger.acknowledged(), [&](uint64_t i) { acknowledged.push_back(i); }));
  WEIR_RETURN_IF_ERROR(ForEachIndex(ledger.unknown(), [&](uint64_t i) { unknown.push_back(i); }));
  Agent& agent = agents_[agent_index];
  MergedSecond& second = open_[interval.second()];
  second.acknowledged.insert(second.acknowledged.end(), acknowledged.begin(), acknowledged.end());
  second.unknown.insert(second.unknown.end(), unknown.begin(), unknown.end());
  second.second = interval.second();
  for (auto& [key, tally] : decoded) {
    AddCounts(tally->counts(), &agent.counts[{key.phase, key.operation}]);
    std::unique_ptr<Tally>& place = second.tallies[key];
    if (place == nullptr) {
      place = std::move(tally);
      continue;
    }
    place->Add(*tally);
    tally->Clear();
    spare_.push_back(std::move(tally));
  }
  for (const v1::PartitionUse& use : interval.partitions()) {
    AddUse(use, &second.partitions[use.partition()]);
  }
  for (v1::ResourceSample sample : interval.resources()) {
    sample.set_agent(agent_index);
    second.resources.push_back(std::move(sample));
  }
  for (v1::ProcessSample sample : interval.processes()) {
    sample.set_agent(agent_index);
    second.processes.push_back(std::move(sample));
  }
  return absl::OkStatus();
}

absl::Status StageMerge::Finish(uint32_t agent_index, const v1::StageDone& done,
                                OnSecond on_second) {
  Agent& agent = agents_[agent_index];
  agent.over = true;
  Flush(on_second);
  if (done.last_sequence() != agent.sequence) {
    return absl::DataLossError(absl::StrCat("agent ", agent_index, " sent ", done.last_sequence(),
                                            " reports, ", agent.sequence, " arrived"));
  }
  for (const v1::PhaseResult& total : done.totals()) {
    const v1::Tally merged = agent.counts[{total.phase(), total.operation()}];
    if (!google::protobuf::util::MessageDifferencer::Equals(CountsOf(total.total()), merged)) {
      return absl::DataLossError(
          absl::StrCat("the reports of agent ", agent_index, " do not add up to what it counted"));
    }
  }
  const bool whole = !done.stopped_early() && !done.missed_start() && done.error().empty();
  const std::string imbalance = agent.ledger.Balance(whole);
  if (imbalance.empty()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("operations of agent ", agent_index, " are unaccounted for: ", imbalance));
}

void StageMerge::Lose(uint32_t agent_index, uint32_t end, OnSecond on_second) {
  Agent& agent = agents_[agent_index];
  if (agent.over) return;
  agent.over = true;
  // Seconds that have been shown stay as they are: the loss is booked in the next, with its age.
  for (const Ledger::Loss& loss : agent.ledger.Lose(end)) {
    const uint32_t booked = std::max({loss.second, flushed_, agent.next_second});
    MergedSecond& second = open_[booked];
    second.second = booked;
    const uint32_t age = loss.phase == v1::PHASE_LOAD ? 0 : booked - loss.second;
    v1::Tally& counts = In(second, {loss.phase, loss.operation, age}).counts();
    counts.set_lost(counts.lost() + loss.operations);
    counts.set_planned(counts.planned() + loss.unreported);
    lost_ += loss.operations;
  }
  Flush(on_second);
}

void StageMerge::Flush(OnSecond on_second) {
  uint32_t complete = std::numeric_limits<uint32_t>::max();
  for (const Agent& agent : agents_) {
    if (!agent.over) complete = std::min(complete, agent.next_second);
  }
  while (!open_.empty() && open_.begin()->first < complete) {
    MergedSecond& second = open_.begin()->second;
    on_second(second);
    flushed_ = second.second + 1;
    CloseSecond(&second);
    open_.erase(open_.begin());
  }
}

void StageMerge::CloseSecond(MergedSecond* second) {
  for (auto& [key, tally] : second->tallies) {
    std::unique_ptr<Tally>& total = totals_[{key.phase, key.operation}];
    if (total == nullptr) total = std::make_unique<Tally>();
    total->Add(*tally);
    tally->Clear();
    spare_.push_back(std::move(tally));
  }
}

bool StageMerge::done() const {
  return std::all_of(agents_.begin(), agents_.end(), [](const Agent& agent) { return agent.over; });
}

uint32_t StageMerge::unfinished() const {
  const auto agent = std::find_if(agents_.begin(), agents_.end(),
                                  [](const Agent& candidate) { return !candidate.over; });
  return static_cast<uint32_t>(agent - agents_.begin());
}

uint32_t StageMerge::end() const {
  uint32_t end = 0;
  for (const Agent& agent : agents_) end = std::max(end, agent.next_second);
  return end;
}

}  // namespace weir
