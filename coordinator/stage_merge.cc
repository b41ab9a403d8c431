#include "coordinator/stage_merge.h"

#include <algorithm>
#include <limits>
#include <set>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "measure/index_runs.h"
#include "measure/samples.h"

namespace weir {
namespace {

absl::Status CheckAges(const ReportView& report) {
  for (const ReportView::Part& part : report.parts()) {
    if (part.age <= report.second()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("second ", report.second(), " holds operations of age ", part.age));
  }
  return absl::OkStatus();
}

bool HasHistograms(const ReportView& report) {
  return std::any_of(report.parts().begin(), report.parts().end(), [](const auto& part) {
    return std::any_of(part.tally.histograms.begin(), part.tally.histograms.end(),
                       [](std::string_view payload) { return !payload.empty(); });
  });
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

StageMerge::OpenSecond& StageMerge::Second(uint32_t number) {
  OpenSecond& second = open_[number];
  second.merged.second = number;
  return second;
}

absl::StatusOr<StageMerge::Taken> StageMerge::Add(uint32_t agent, const v1::IntervalReport& report,
                                                  OnSecond on_second) {
  view_.Read(report);
  return Add(agent, view_, on_second);
}

absl::StatusOr<StageMerge::Taken> StageMerge::Add(uint32_t agent_index, const ReportView& report,
                                                  OnSecond on_second) {
  Agent& agent = agents_[agent_index];
  if (report.sequence() <= agent.sequence || agent.over) {
    ++duplicates_;
    return Taken::kDuplicate;
  }
  if (report.sequence() != agent.sequence + 1) return Taken::kGap;
  if (report.second() < agent.next_second) {
    return absl::InvalidArgumentError(
        absl::StrCat("report ", report.sequence(), " goes back to second ", report.second()));
  }
  WEIR_RETURN_IF_ERROR(CheckAges(report));
  WEIR_RETURN_IF_ERROR(Merge(agent_index, report));
  Book(agent_index, report);
  Flush(on_second);
  return Taken::kMerged;
}

void StageMerge::Book(uint32_t agent_index, const ReportView& report) {
  Agent& agent = agents_[agent_index];
  agent.ledger.Book(report);
  agent.sequence = report.sequence();
  MoveOn(&agent, report.second() + 1);
}

bool StageMerge::IsNext(uint32_t agent_index, const ReportView& report) const {
  const Agent& agent = agents_[agent_index];
  return !agent.over && report.sequence() == agent.sequence + 1 &&
         report.second() >= agent.next_second && CheckAges(report).ok();
}

bool StageMerge::AddBundle(const std::vector<Bundled>& reports, const ReportView& histograms,
                           OnSecond on_second) {
  std::vector<Notes> notes(reports.size());
  std::set<uint32_t> agents;
  for (size_t i = 0; i < reports.size(); ++i) {
    const auto& [agent, report] = reports[i];
    const bool fits = report->second() == histograms.second() && agents.insert(agent).second;
    if (!fits || HasHistograms(*report) || !notes[i].Read(*report).ok()) return false;
    if (!IsNext(agent, *report)) return false;
  }
  if (reports.empty() || !CheckAges(histograms).ok()) return false;
  if (!MergeHistograms(histograms).ok()) return false;
  for (size_t i = 0; i < reports.size(); ++i) {
    MergeCounts(reports[i].agent, *reports[i].report, notes[i]);
    Book(reports[i].agent, *reports[i].report);
  }
  Flush(on_second);
  return true;
}

absl::Status StageMerge::Notes::Read(const ReportView& report) {
  const v1::WriteLedger& ledger = report.rest().ledger();
  WEIR_RETURN_IF_ERROR(
      ForEachIndex(ledger.acknowledged(), [&](uint64_t i) { acknowledged.push_back(i); }));
  return ForEachIndex(ledger.unknown(), [&](uint64_t i) { unknown.push_back(i); });
}

// All or nothing: a ledger that is damaged is found before anything is added.
absl::Status StageMerge::Merge(uint32_t agent_index, const ReportView& report) {
  Notes notes;
  WEIR_RETURN_IF_ERROR(notes.Read(report));
  WEIR_RETURN_IF_ERROR(MergeHistograms(report));
  MergeCounts(agent_index, report, notes);
  return absl::OkStatus();
}

// All or nothing: what cannot be decoded is taken back.
absl::Status StageMerge::MergeHistograms(const ReportView& histograms) {
  const bool first = !open_.contains(histograms.second());
  OpenSecond& second = Second(histograms.second());
  absl::Status added = second.parts.AddHistograms(histograms.parts(), stock_);
  if (!added.ok() && first) open_.erase(histograms.second());
  return added;
}

void StageMerge::MergeCounts(uint32_t agent_index, const ReportView& report, const Notes& notes) {
  OpenSecond& second = Second(report.second());
  MergedSecond& merged = second.merged;
  merged.acknowledged.insert(merged.acknowledged.end(), notes.acknowledged.begin(),
                             notes.acknowledged.end());
  merged.unknown.insert(merged.unknown.end(), notes.unknown.begin(), notes.unknown.end());
  Agent& agent = agents_[agent_index];
  TallyCounts all;
  for (const ReportView::Part& part : report.parts()) {
    const PartKey key{part.phase, part.operation};
    auto counts = std::find_if(agent.counts.begin(), agent.counts.end(),
                               [&](const auto& known) { return known.first == key; });
    if (counts == agent.counts.end()) {
      counts = agent.counts.insert(counts, {key, TallyCounts{}});
    }
    counts->second.Add(part.tally.counts);
    second.parts.In({part.phase, part.operation, part.age}, stock_).counts.Add(part.tally.counts);
    all.Add(part.tally.counts);
  }
  if (!report.parts().empty()) second.by_agent.emplace_back(agent_index, all);
  MergeRest(agent_index, report.rest(), &merged);
}

void StageMerge::MergeRest(uint32_t agent, const v1::Interval& rest, MergedSecond* second) {
  for (const v1::PartitionUse& use : rest.partitions()) {
    AddUse(use, &second->partitions[use.partition()]);
  }
  for (v1::ResourceSample sample : rest.resources()) {
    sample.set_agent(agent);
    second->resources.push_back(std::move(sample));
  }
  for (v1::ProcessSample sample : rest.processes()) {
    sample.set_agent(agent);
    second->processes.push_back(std::move(sample));
  }
}

void StageMerge::MoveOn(Agent* agent, uint32_t next_second) {
  if (const auto at = waiting_.find(agent->next_second); --at->second == 0) waiting_.erase(at);
  agent->next_second = next_second;
  ++waiting_[next_second];
}

void StageMerge::Leave(Agent* agent) {
  if (const auto at = waiting_.find(agent->next_second); --at->second == 0) waiting_.erase(at);
  agent->over = true;
  --left_;
}

absl::Status StageMerge::Finish(uint32_t agent_index, const v1::StageDone& done,
                                OnSecond on_second) {
  Agent& agent = agents_[agent_index];
  Leave(&agent);
  Flush(on_second);
  if (done.last_sequence() != agent.sequence) {
    return absl::DataLossError(absl::StrCat("agent ", agent_index, " sent ", done.last_sequence(),
                                            " reports, ", agent.sequence, " arrived"));
  }
  for (const v1::PhaseResult& total : done.totals()) {
    if (agent.resumed) break;
    const PartKey key{total.phase(), total.operation()};
    const auto merged = std::find_if(agent.counts.begin(), agent.counts.end(),
                                     [&](const auto& known) { return known.first == key; });
    const TallyCounts counted = TallyCounts::Of(total.total());
    if (counted != (merged == agent.counts.end() ? TallyCounts{} : merged->second)) {
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
  Leave(&agent);
  // Seconds that have been shown stay as they are: the loss is booked in the next, with its age.
  for (const Ledger::Loss& loss : agent.ledger.Lose(end)) BookLoss(loss, agent.next_second);
  Flush(on_second);
}

void StageMerge::BookLoss(const Ledger::Loss& loss, uint32_t earliest) {
  const uint32_t booked = std::max({loss.second, flushed_, earliest});
  const uint32_t age = loss.phase == v1::PHASE_LOAD ? 0 : booked - loss.second;
  TallyCounts& counts = Second(booked).parts.In({loss.phase, loss.operation, age}, stock_).counts;
  counts.by_field[v1::Tally::kLostFieldNumber] += loss.operations;
  counts.by_field[v1::Tally::kPlannedFieldNumber] += loss.unreported;
  lost_ += loss.operations;
}

// ------------------------------------------------------------------------------ after a crash

absl::Status StageMerge::TakeKept(const v1::Interval& second, OnSecond on_second) {
  OpenSecond kept;
  kept.merged.second = second.second();
  for (const v1::OperationInterval& part : second.operations()) {
    auto tally = std::make_unique<Tally>();
    WEIR_RETURN_IF_ERROR(tally->Add(part.tally()));
    kept.merged.tallies[{part.phase(), part.operation(), part.age()}] = std::move(tally);
  }
  for (const v1::PartitionUse& use : second.partitions()) {
    kept.merged.partitions[use.partition()] = use;
  }
  kept.merged.resources = {second.resources().begin(), second.resources().end()};
  kept.merged.processes = {second.processes().begin(), second.processes().end()};
  on_second(kept.merged);
  flushed_ = second.second() + 1;
  CloseSecond(&kept.merged);
  return absl::OkStatus();
}

void StageMerge::Resume(uint32_t agent_index, uint64_t sequence) {
  Agent& agent = agents_[agent_index];
  agent.resumed = flushed_ > 0;
  agent.sequence = sequence;
  agent.ledger.Resume(flushed_);
  MoveOn(&agent, flushed_);
}

void StageMerge::LoseCarried(const std::vector<Ledger::Loss>& losses) {
  for (const Ledger::Loss& loss : losses) BookLoss(loss, 0);
}

void StageMerge::Flush(OnSecond on_second) {
  const uint32_t complete =
      waiting_.empty() ? std::numeric_limits<uint32_t>::max() : waiting_.begin()->first;
  while (!open_.empty() && open_.begin()->first < complete) {
    Show(&open_.begin()->second, on_second);
    open_.erase(open_.begin());
  }
}

void StageMerge::Show(OpenSecond* second, OnSecond on_second) {
  MergedSecond& merged = second->merged;
  for (auto& [key, part] : second->parts.parts()) {
    part.counts.AddTo(&part.tally->counts());
    merged.tallies[key] = std::move(part.tally);
  }
  for (const auto& [agent, counts] : second->by_agent) counts.AddTo(&merged.by_agent[agent]);
  on_second(merged);
  flushed_ = merged.second + 1;
  CloseSecond(&merged);
}

void StageMerge::CloseSecond(MergedSecond* second) {
  for (auto& [key, tally] : second->tallies) {
    std::unique_ptr<Tally>& total = totals_[{key.phase, key.operation}];
    if (total == nullptr) total = std::make_unique<Tally>();
    total->Add(*tally);
    stock_.GiveBack(std::move(tally));
  }
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
