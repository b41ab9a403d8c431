// Merging is addition: what agents measured adds up to the same bytes in whatever pieces, order and
// groups it arrives, through encoding, duplicates and gaps.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "selftest/figures.h"
#include "selftest/self_test.h"

#include "base/random.h"
#include "coordinator/stage_merge.h"
#include "measure/tally.h"

namespace weir {
namespace {

constexpr int kTrials = 10'000;
constexpr size_t kParts = 6;
constexpr uint32_t kSeconds = 3;

// What was measured, in the pieces that are merged, and as if it had been recorded at once.
struct Material {
  std::vector<v1::Tally> parts;
  std::string whole;
};

// Of all orders of magnitude up to a millisecond. `wide`: up to hours, more than a histogram holds.
uint64_t SomeValue(DrawStream& draws, bool wide) {
  if (!wide) return draws.Next() >> (44 + draws.Below(20));
  return draws.Below(20) == 0 ? 2 * Histogram::kHighest : draws.Next() >> (24 + draws.Below(40));
}

void RecordSome(DrawStream& draws, bool wide, Tally* part, Tally* whole) {
  const uint64_t values = draws.Below(40);
  for (uint64_t i = 0; i < values; ++i) {
    const uint64_t value = SomeValue(draws, wide);
    for (Tally* tally : {part, whole}) {
      tally->response.Record(value);
      tally->service.Record(value / 2);
      tally->charge.Record(value % 5000);
      tally->counts().set_ok(tally->counts().ok() + 1);
      tally->counts().set_planned(tally->counts().planned() + 1);
      tally->counts().set_milli_ru(tally->counts().milli_ru() + value % 5000);
    }
  }
}

Material MakeMaterial(DrawStream& draws, bool wide) {
  Material material;
  Tally whole;
  for (size_t i = 0; i < kParts; ++i) {
    Tally part;
    RecordSome(draws, wide, &part, &whole);
    material.parts.push_back(part.ToProto());
  }
  material.whole = whole.ToProto().SerializeAsString();
  return material;
}

std::vector<size_t> Shuffled(DrawStream& draws) {
  std::vector<size_t> order(kParts);
  for (size_t i = 0; i < kParts; ++i) order[i] = i;
  for (size_t i = kParts; i > 1; --i) std::swap(order[i - 1], order[draws.Below(i)]);
  return order;
}

// Random groups, each added up by itself, some of them sent on as a message, then all together.
class GroupedMerge {
 public:
  absl::StatusOr<std::string> Run(const Material& material, DrawStream& draws) {
    total_.Clear();
    const std::vector<size_t> order = Shuffled(draws);
    for (size_t next = 0; next < kParts;) {
      group_.Clear();
      const size_t end = next + 1 + draws.Below(kParts - next);
      for (; next < end; ++next) {
        const absl::Status added = group_.Add(material.parts[order[next]]);
        if (!added.ok()) return added;
      }
      if (draws.Below(2) == 0) {
        total_.Add(group_);
      } else if (absl::Status added = total_.Add(group_.ToProto()); !added.ok()) {
        return added;
      }
    }
    return total_.ToProto().SerializeAsString();
  }

 private:
  Tally group_;
  Tally total_;
};

// The parts as the reports of one to four agents, second by second, interleaved at random; some
// come twice, some too early.
class ReportedMerge {
 public:
  ReportedMerge(const Material& material, DrawStream& draws)
      : draws_(draws), agents_(1 + draws.Below(4)), merge_(static_cast<uint32_t>(agents_.size())) {
    const std::vector<size_t> order = Shuffled(draws);
    for (size_t i = 0; i < kParts; ++i) {
      std::vector<v1::IntervalReport>& reports = agents_[draws.Below(agents_.size())].reports;
      const uint32_t gap = static_cast<uint32_t>(draws.Below(kSeconds));
      v1::IntervalReport report;
      report.set_sequence(reports.size() + 1);
      report.mutable_interval()->set_second(
          reports.empty() ? gap : reports.back().interval().second() + 1 + gap);
      v1::OperationInterval* part = report.mutable_interval()->add_operations();
      part->set_phase(v1::PHASE_MEASURE);
      *part->mutable_tally() = material.parts[order[i]];
      reports.push_back(std::move(report));
    }
  }

  absl::StatusOr<std::string> Run() {
    while (const size_t open = Open()) {
      const auto agent = static_cast<uint32_t>(NthOpen(draws_.Below(open)));
      absl::Status status = draws_.Below(4) == 0 ? Disturb(agent) : Deliver(agent);
      if (!status.ok()) return status;
    }
    for (uint32_t agent = 0; agent < agents_.size(); ++agent) merge_.Lose(agent, 0, Ignore);
    return merge_.totals().at({v1::PHASE_MEASURE, 0})->ToProto().SerializeAsString();
  }

 private:
  struct Agent {
    std::vector<v1::IntervalReport> reports;
    size_t next = 0;
    bool open() const { return next < reports.size(); }
  };

  static void Ignore(const MergedSecond&) {}

  size_t Open() const {
    return static_cast<size_t>(
        std::count_if(agents_.begin(), agents_.end(), [](const Agent& a) { return a.open(); }));
  }
  size_t NthOpen(size_t n) const {
    for (size_t i = 0; i < agents_.size(); ++i) {
      if (agents_[i].open() && n-- == 0) return i;
    }
    return 0;
  }

  absl::Status Deliver(uint32_t agent) {
    Agent& from = agents_[agent];
    return merge_.Add(agent, from.reports[from.next++], Ignore).status();
  }

  // A report that was merged before, or one whose turn has not come.
  absl::Status Disturb(uint32_t agent) {
    const Agent& from = agents_[agent];
    const size_t which = draws_.Below(from.reports.size());
    if (which == from.next) return absl::OkStatus();
    const auto taken = merge_.Add(agent, from.reports[which], Ignore);
    if (!taken.ok()) return taken.status();
    const auto expected =
        which < from.next ? StageMerge::Taken::kDuplicate : StageMerge::Taken::kGap;
    return *taken == expected ? absl::OkStatus()
                              : absl::InternalError("a duplicate or early report was merged");
  }

  DrawStream& draws_;
  std::vector<Agent> agents_;
  StageMerge merge_;
};

absl::StatusOr<std::string> MergeOnce(int trial, const Material& material, DrawStream& draws,
                                      GroupedMerge* grouped) {
  if (trial % 4 == 0) return ReportedMerge(material, draws).Run();
  return grouped->Run(material, draws);
}

}  // namespace

SelfTestResult TestMergeAlgebra(const SelfTestOptions& options) {
  DrawStream draws(DeriveKey(options.seed, "selftest merge"), 0);
  GroupedMerge grouped;
  Material material;
  for (int trial = 0; trial < kTrials; ++trial) {
    if (trial % 100 == 0) material = MakeMaterial(draws, trial % 2000 == 0);
    const absl::StatusOr<std::string> merged = MergeOnce(trial, material, draws, &grouped);
    if (!merged.ok()) return Fail(merged.status().message());
    if (*merged != material.whole) {
      return Fail(absl::StrCat("merge ", trial, " differs from recording all values once"));
    }
  }
  return {SelfTestResult::State::kPass,
          absl::StrCat(kTrials,
                       " random splits, orders and groupings, a quarter of them as the reports "
                       "of several agents with duplicates and gaps: identical bytes")};
}

}  // namespace weir
