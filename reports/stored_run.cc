#include "reports/stored_run.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "measure/message_rules.h"

namespace weir {
namespace {

constexpr uint32_t kMostSeconds = 10'000'000;  // of all phases of a run: 115 days
constexpr int32_t kMostPartitions = 10'000;
constexpr uint32_t kMostAgents = 1'000'000;
constexpr uint32_t kMostParts = 1'000'000;  // of anything that a database or machine has parts of
constexpr double kMostPerSecond = 1e9;
constexpr int64_t kLongestSampleNs = 3'600'000'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;

// Seconds in which nobody reported anything are not in the store. They are few: whoever fills them
// in again needs no more room than the store's own size explains.
constexpr int64_t kMostLeftOut = 7200;
constexpr int64_t kMostLeftOutEach = 10;

// Quantiles are ∞ where too many operations failed, and so is the peak of what never falls.
bool MayBeInfinite(const google::protobuf::FieldDescriptor& field) {
  const auto* message = field.containing_type();
  return message == v1::ThresholdResult::descriptor() || message == v1::AgentSpread::descriptor() ||
         message == v1::ComparedPair::descriptor() || message == v1::Compared::descriptor() ||
         message == v1::Scalability::descriptor();
}

const MessageLimits& Limits() {
  static const MessageLimits limits = {.most_items = 1'000'000,
                                       .longest_text = 1 << 20,  // as a campaign's file
                                       .most = 4.6e18,           // two of them still have a sum
                                       .may_be_infinite = MayBeInfinite};
  return limits;
}

absl::Status Wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

// "legs[3].results[0]"
std::string Item(absl::string_view list, int i) { return absl::StrCat(list, "[", i, "]"); }

// Calls check(item) for each, and says which item was refused.
template <typename List, typename Check>
absl::Status CheckEach(const List& list, absl::string_view name, Check check) {
  for (int i = 0; i < list.size(); ++i) {
    const absl::Status status = check(list[i]);
    if (!status.ok()) return Wrong(absl::StrCat(Item(name, i), ".", status.message()));
  }
  return absl::OkStatus();
}

template <typename Number>
absl::Status Below(Number number, Number end, absl::string_view name) {
  if (number < end) return absl::OkStatus();
  return Wrong(absl::StrCat(name, " is ", number, ", of ", end));
}

bool IsPhase(int phase) {
  return phase == v1::PHASE_LOAD || phase == v1::PHASE_WARM_UP || phase == v1::PHASE_MEASURE;
}

absl::Status CheckPhase(v1::Phase phase, absl::string_view name = "phase") {
  return IsPhase(phase) ? absl::OkStatus() : Wrong(absl::StrCat(name, " is none"));
}

// A load has one operation, whatever the mix has.
absl::Status CheckOperation(v1::Phase phase, uint32_t operation, uint32_t operations) {
  WEIR_RETURN_IF_ERROR(CheckPhase(phase));
  return Below(operation, std::max(1u, operations), "operation");
}

absl::Status CheckPartition(const v1::PartitionUse& use) {
  if (use.partition() < -1) return Wrong("partition is none");
  WEIR_RETURN_IF_ERROR(Below(use.partition(), kMostPartitions, "partition"));
  for (const uint64_t count :
       {use.attempts(), use.throttled(), use.milli_ru(), use.refused_milli_ru()}) {
    if (count > TallyBounds::kMost)
      return Wrong("attempts, throttled or milli_ru: more than can be counted");
  }
  if (use.refused_milli_ru() <= use.milli_ru()) return absl::OkStatus();
  return Wrong("refused_milli_ru is more than the milli_ru that it is part of");
}

absl::Status CheckKey(const v1::KeyUse& use) {
  if (use.most_too_high() <= use.operations()) return absl::OkStatus();
  return Wrong("most_too_high is more than the operations");
}

absl::Status CheckSample(const v1::ResourceSample& sample, int64_t longest_ns) {
  WEIR_RETURN_IF_ERROR(Below(sample.agent(), kMostAgents, "agent"));
  const bool span = sample.span_ns() >= 0 && sample.span_ns() <= longest_ns;
  return span ? absl::OkStatus() : Wrong("span_ns is no length of time");
}

class LegChecker {
 public:
  LegChecker(const v1::Leg& leg, TallyBounds* sums, double* seconds)
      : leg_(leg), sums_(*sums), seconds_(*seconds) {}

  absl::Status Check() {
    WEIR_RETURN_IF_ERROR(CheckEach(leg_.spans(), "spans", [&](const auto& s) { return Span(s); }));
    WEIR_RETURN_IF_ERROR(
        CheckEach(leg_.results(), "results", [&](const auto& r) { return Result(r); }));
    WEIR_RETURN_IF_ERROR(
        CheckEach(leg_.shares(), "shares", [&](const auto& s) { return Share(s); }));
    WEIR_RETURN_IF_ERROR(CheckEach(leg_.partitions(), "partitions", CheckPartition));
    WEIR_RETURN_IF_ERROR(CheckEach(leg_.resources(), "resources", [](const auto& sample) {
      return CheckSample(sample, kMostSeconds * kNsPerSecond);
    }));
    WEIR_RETURN_IF_ERROR(CheckEach(leg_.hot_keys(), "hot_keys", CheckKey));
    WEIR_RETURN_IF_ERROR(CheckEach(leg_.lost_shares(), "lost_shares", Lost));
    WEIR_RETURN_IF_ERROR(Below(leg_.physical_partitions(), kMostParts, "physical_partitions"));
    WEIR_RETURN_IF_ERROR(
        Below(leg_.probe().offered_per_s(), kMostPerSecond, "probe.offered_per_s"));
    return Seconds();
  }

 private:
  absl::Status Span(const v1::PhaseSpan& span) {
    WEIR_RETURN_IF_ERROR(CheckPhase(span.phase()));
    if (!spans_.insert(span.phase()).second) return Wrong("phase is there twice");
    if (span.duration_ns() < 0) return Wrong("duration_ns is no length of time");
    seconds_ += static_cast<double>(span.duration_ns()) / kNsPerSecond;
    if (seconds_ > kMostSeconds) return Wrong("duration_ns is longer than a run can be");
    return Below(span.first_second(), kMostSeconds, "first_second");
  }

  absl::Status Result(const v1::PhaseResult& result) {
    WEIR_RETURN_IF_ERROR(Operation(result));
    if (!results_.insert({result.phase(), result.operation()}).second) {
      return Wrong("operation is there twice");
    }
    return sums_.Add(result.total(), "total");
  }

  absl::Status Share(const v1::AgentShare& share) {
    WEIR_RETURN_IF_ERROR(Operation(share));
    WEIR_RETURN_IF_ERROR(Below(share.agent(), kMostAgents, "agent"));
    return sums_.Add(share.total(), "total");
  }

  template <typename Part>
  absl::Status Operation(const Part& part) const {
    return CheckOperation(part.phase(), part.operation(),
                          static_cast<uint32_t>(leg_.operations_size()));
  }

  static absl::Status Lost(const v1::LostShare& lost) {
    WEIR_RETURN_IF_ERROR(CheckPhase(lost.stage(), "stage"));
    return Below(lost.share_index(), lost.share_count(), "share_index");
  }

  // Of what happened within the leg.
  absl::Status Seconds() const {
    const auto check = [](const auto& at) { return Below(at.second(), kMostSeconds, "second"); };
    WEIR_RETURN_IF_ERROR(CheckEach(leg_.steadiness().changes(), "steadiness.changes", check));
    WEIR_RETURN_IF_ERROR(CheckEach(leg_.evidence().events(), "evidence.events", check));
    return CheckEach(leg_.throughput_changes(), "throughput_changes", [&](const auto& change) {
      WEIR_RETURN_IF_ERROR(check(change));
      return Below(change.done_second(), kMostSeconds, "done_second");
    });
  }

  const v1::Leg& leg_;
  TallyBounds& sums_;
  double& seconds_;
  std::set<v1::Phase> spans_;
  std::set<std::pair<v1::Phase, uint32_t>> results_;
};

}  // namespace

absl::Status CheckStoredId(absl::string_view id) {
  if (IsName(id, kLongestRunName)) return absl::OkStatus();
  return Wrong(absl::StrCat("its id is not 1 to ", kLongestRunName,
                            " letters, digits, dots, hyphens or underscores"));
}

absl::Status CheckStoredRun(const v1::RunResult& run) {
  WEIR_RETURN_IF_ERROR(CheckStoredId(run.id()));
  WEIR_RETURN_IF_ERROR(CheckMessageRules(run, Limits()));
  WEIR_RETURN_IF_ERROR(CheckEach(run.agents(), "agents", [](const v1::AgentFacts& agent) {
    return Below(agent.index(), kMostAgents, "index");
  }));
  TallyBounds sums;
  double seconds = 0;
  uint32_t index = 0;
  WEIR_RETURN_IF_ERROR(CheckEach(run.legs(), "legs", [&](const v1::Leg& leg) {
    if (leg.index() != index++) return Wrong("index is not the leg's place");
    return LegChecker(leg, &sums, &seconds).Check();
  }));
  const auto legs = static_cast<uint32_t>(run.legs_size());
  return CheckEach(run.cost().legs(), "cost.legs",
                   [&](const v1::LegCost& cost) { return Below(cost.leg(), legs, "leg"); });
}

// --------------------------------------------------------------------------------- its seconds

StoredSeconds::StoredSeconds(uint32_t operations) : operations_(operations) {}

absl::Status StoredSeconds::Check(int stage, int64_t second, const v1::Interval& interval) {
  WEIR_RETURN_IF_ERROR(CheckPlace(stage, second, interval));
  WEIR_RETURN_IF_ERROR(CheckMessageRules(interval, Limits()));
  WEIR_RETURN_IF_ERROR(CheckEach(interval.operations(), "operations",
                                 [&](const auto& part) { return CheckPart(part); }));
  WEIR_RETURN_IF_ERROR(CheckEach(interval.partitions(), "partitions", CheckPartition));
  WEIR_RETURN_IF_ERROR(CheckEach(interval.resources(), "resources", [](const auto& sample) {
    return CheckSample(sample, kLongestSampleNs);
  }));
  // The ledger is looked at by whoever walks it (measure/index_runs.h).
  return CheckEach(interval.processes(), "processes",
                   [](const auto& sample) { return Below(sample.agent(), kMostAgents, "agent"); });
}

absl::Status StoredSeconds::CheckPlace(int stage, int64_t second, const v1::Interval& interval) {
  if (stage != v1::PHASE_LOAD && stage != v1::PHASE_MEASURE) return Wrong("its stage is none");
  if (second != interval.second()) return Wrong("second is not the one that it is stored as");
  if (stage != stage_) seen_ = 0;
  stage_ = stage;
  ++seen_;
  const bool near =
      second < std::min<int64_t>(kMostSeconds, seen_ * kMostLeftOutEach + kMostLeftOut);
  return near ? absl::OkStatus() : Wrong("second is long after the one before it");
}

absl::Status StoredSeconds::CheckPart(const v1::OperationInterval& part) {
  WEIR_RETURN_IF_ERROR(CheckOperation(part.phase(), part.operation(), operations_));
  if ((part.phase() == v1::PHASE_LOAD) != (stage_ == v1::PHASE_LOAD)) {
    return Wrong("phase is not of its stage");
  }
  return sums_.Add(part.tally(), "tally");
}

}  // namespace weir
