#include "coordinator/spool_shelf.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/spool_reader.h"

#include "base/status.h"
#include "measure/message_rules.h"

namespace weir {

SpoolShelf::SpoolShelf(const v1::RunResult& run, uint32_t step) : run_id_(run.id()), step_(step) {
  for (int agent = 0; agent < run.agents_size(); ++agent) {
    indices_[run.agents(agent).incarnation()] = static_cast<uint32_t>(agent);
  }
}

std::string SpoolShelf::Add(const std::string& name, Opener open) {
  auto file = open();
  if (absl::IsAlreadyExists(file.status())) {
    return absl::StrCat(name, ": its agent has not ended yet; try again when it has");
  }
  if (!file.ok()) return std::string(file.status().message());
  File entry{.first = UINT64_MAX, .name = name, .open = std::move(open), .damage = {}};
  uint64_t highest = 0;
  std::optional<v1::StageDone> end;
  const auto read = ReadSpoolFile(*std::move(file), [&](v1::SpoolRecord& record) {
    if (record.has_report()) entry.first = std::min(entry.first, record.report().sequence());
    if (record.has_report()) highest = std::max(highest, record.report().sequence());
    if (record.has_end()) end = std::move(*record.mutable_end());
  });
  if (!read.ok()) return absl::StrCat(name, " ", read.status().message());
  const v1::SpoolHead& head = read->head;
  // Names go to the user's terminal.
  if (!IsName(head.run_id(), kLongestRunName) || !IsName(head.agent_name())) {
    return absl::StrCat(name, " is no file of a spool");
  }
  if (head.run_id() != run_id_) return absl::StrCat(name, " is of another run, ", head.run_id());
  const auto index = indices_.find(head.incarnation());
  if (index == indices_.end()) {
    return absl::StrCat(name, " is of a process of agent ", head.agent_name(),
                        " that did not take part");
  }
  if (head.step() != step_) {
    return absl::StrCat(name, " is of step ", head.step(), " of the run, which was over");
  }
  if (!read->damage.empty()) entry.damage = absl::StrCat(name, " ", read->damage);
  const std::string damage = entry.damage;
  Agent& agent = agents_[index->second];
  agent.highest = std::max(agent.highest, highest);
  // An agent that missed its start, and was armed again, has told of two ends.
  if (end && (!agent.end || agent.end->last_sequence() < end->last_sequence())) {
    agent.end = std::move(end);
  }
  const auto place =
      std::upper_bound(agent.files.begin(), agent.files.end(), entry.first,
                       [](uint64_t first, const File& other) { return first < other.first; });
  agent.files.insert(place, std::move(entry));
  return damage;
}

const v1::StageDone* SpoolShelf::End(uint32_t agent) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end() || !found->second.end) return nullptr;
  const v1::StageDone& end = *found->second.end;
  return end.last_sequence() < found->second.highest ? nullptr : &end;
}

std::vector<std::string> SpoolShelf::Damage(uint32_t agent) const {
  std::vector<std::string> damage;
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return damage;
  for (const File& file : found->second.files) {
    if (!file.damage.empty()) damage.push_back(file.damage);
  }
  return damage;
}

absl::Status SpoolShelf::ForEachReport(
    uint32_t agent, absl::FunctionRef<absl::Status(const v1::IntervalReport&)> visit) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return absl::OkStatus();
  for (const File& file : found->second.files) {
    WEIR_ASSIGN_OR_RETURN(std::unique_ptr<DiskFile> opened, file.open());
    absl::Status visited;
    const auto read = ReadSpoolFile(std::move(opened), [&](v1::SpoolRecord& record) {
      if (record.has_report() && visited.ok()) visited = visit(record.report());
    });
    WEIR_RETURN_IF_ERROR(read.status());
    WEIR_RETURN_IF_ERROR(visited);
  }
  return absl::OkStatus();
}

}  // namespace weir
