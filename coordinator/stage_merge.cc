#include "coordinator/stage_merge.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"

#include "base/status.h"

namespace weir {
namespace {

// Histograms take part in the comparison only through the counts beside them.
v1::Tally CountsOf(const v1::Tally& tally) {
  v1::Tally counts;
  AddCounts(tally, &counts);
  return counts;
}

}  // namespace

Tally& StageMerge::In(TallyMap& map, v1::Phase phase, uint32_t operation) {
  std::unique_ptr<Tally>& tally = map[{phase, operation}];
  if (tally == nullptr && !spare_.empty()) {
    tally = std::move(spare_.back());
    spare_.pop_back();
  }
  if (tally == nullptr) tally = std::make_unique<Tally>();
  return *tally;
}

absl::Status StageMerge::Add(uint32_t agent_index, const v1::IntervalReport& report,
                             OnSecond on_second) {
  Agent& agent = agents_[agent_index];
  if (report.sequence() <= agent.sequence) {
    ++duplicates_;
    return absl::OkStatus();
  }
  if (report.sequence() != agent.sequence + 1) {
    return absl::DataLossError(absl::StrCat("reports ", agent.sequence + 1, " to ",
                                            report.sequence() - 1, " of agent ", agent_index,
                                            " are missing"));
  }
  TallyMap& second = open_[report.interval().second()];
  for (const v1::OperationInterval& part : report.interval().operations()) {
    WEIR_RETURN_IF_ERROR(In(second, part.phase(), part.operation()).Add(part.tally()));
    AddCounts(part.tally(), &agent.counts[{part.phase(), part.operation()}]);
  }
  agent.sequence = report.sequence();
  agent.next_second = std::max(agent.next_second, report.interval().second() + 1);
  Flush(on_second);
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
  return absl::OkStatus();
}

void StageMerge::Lose(uint32_t agent_index, OnSecond on_second) {
  agents_[agent_index].over = true;
  Flush(on_second);
}

void StageMerge::Flush(OnSecond on_second) {
  uint32_t complete = std::numeric_limits<uint32_t>::max();
  for (const Agent& agent : agents_) {
    if (!agent.over) complete = std::min(complete, agent.next_second);
  }
  while (!open_.empty() && open_.begin()->first < complete) {
    TallyMap& second = open_.begin()->second;
    on_second(open_.begin()->first, second);
    for (auto& [key, tally] : second) {
      In(totals_, key.first, key.second).Add(*tally);
      tally->Clear();
      spare_.push_back(std::move(tally));
    }
    open_.erase(open_.begin());
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

}  // namespace weir
