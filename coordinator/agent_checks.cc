#include "coordinator/agent_checks.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/status.h"
#include "measure/index_runs.h"
#include "measure/tally.h"

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kLongestFact = 1024;
constexpr size_t kLongestText = 16 << 10;  // an answer of a database, an error in words
constexpr int kMostConditions = 2000;
constexpr int64_t kSlackSeconds = 60;  // a rehearsal may be longer than a short scenario
constexpr size_t kMostParts = 4096;    // of an interval: operations, each by its age
constexpr int kMostPartitions = 10'000;
constexpr int kMostSamples = 10'000;  // of errors, evidence, keys
constexpr int kMostProcesses = 1000;
constexpr uint64_t kMostCounted = uint64_t{1} << 53;  // of anything in one message
constexpr int64_t kLatestNs = int64_t{1} << 61;       // of a clock

absl::Status Wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

// Every text within, lists of texts too, however deep.
absl::Status CheckTexts(const Message& message, size_t longest) {
  std::vector<const FieldDescriptor*> fields;
  const auto& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  std::string scratch;
  for (const FieldDescriptor* field : fields) {
    const int items = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < items; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        WEIR_RETURN_IF_ERROR(CheckTexts(field->is_repeated()
                                            ? reflection.GetRepeatedMessage(message, field, i)
                                            : reflection.GetMessage(message, field),
                                        longest));
      } else if (field->type() == FieldDescriptor::TYPE_STRING) {
        const std::string& text =
            field->is_repeated()
                ? reflection.GetRepeatedStringReference(message, field, i, &scratch)
                : reflection.GetStringReference(message, field, &scratch);
        if (text.size() > longest) return Wrong(absl::StrCat(field->name(), " is too long"));
      } else {
        break;  // numbers, and bytes that whoever decodes them looks at
      }
    }
  }
  return absl::OkStatus();
}

bool IsClock(int64_t ns) { return ns > -kLatestNs && ns < kLatestNs; }

absl::Status CheckCounts(const v1::Tally& tally) {
  std::vector<const FieldDescriptor*> fields;
  const auto& reflection = *tally.GetReflection();
  reflection.ListFields(tally, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_UINT64 || field->is_repeated()) continue;
    if (reflection.GetUInt64(tally, field) <= kMostCounted) continue;
    return Wrong(absl::StrCat(field->name(), " is more than can be counted"));
  }
  return absl::OkStatus();
}

absl::Status CheckPlace(v1::Phase phase, uint32_t operation, const ReportBounds& bounds) {
  const bool known =
      phase == v1::PHASE_LOAD || phase == v1::PHASE_WARM_UP || phase == v1::PHASE_MEASURE;
  if (known && operation < bounds.operations) return absl::OkStatus();
  return Wrong(absl::StrCat("operation ", operation, " in phase ", static_cast<int>(phase),
                            " is none of the plan"));
}

absl::Status CheckCounts(const TallyCounts& counts) {
  for (size_t i = 0; i < TallyCounts::kFields; ++i) {
    if (counts.by_field[i] <= kMostCounted) continue;
    const FieldDescriptor* field = v1::Tally::descriptor()->FindFieldByNumber(static_cast<int>(i));
    return Wrong(absl::StrCat(field->name(), " is more than can be counted"));
  }
  return absl::OkStatus();
}

// An operation that is noted was settled in the same second.
absl::Status CheckNotes(const ReportView& report) {
  uint64_t settled = 0;
  for (const ReportView::Part& part : report.parts()) settled += part.tally.counts.Settled();
  const v1::WriteLedger& ledger = report.rest().ledger();
  for (const IndexRuns* runs : {&ledger.acknowledged(), &ledger.unknown()}) {
    for (int i = 1; i < runs->size(); i += 3) {
      if ((*runs)[i] > settled) return Wrong("notes more operations than it settled");
      settled -= (*runs)[i];
    }
  }
  return absl::OkStatus();
}

// Agents write them in order, so that nothing has to be remembered.
bool HasPartTwice(const std::vector<ReportView::Part>& parts) {
  const auto key = [](const ReportView::Part& part) {
    return std::make_tuple(static_cast<int>(part.phase), part.operation, part.age);
  };
  const auto out_of_order = std::adjacent_find(
      parts.begin(), parts.end(),
      [&](const ReportView::Part& a, const ReportView::Part& b) { return !(key(a) < key(b)); });
  if (out_of_order == parts.end()) return false;
  std::set<std::tuple<int, uint32_t, uint32_t>> seen;
  return std::any_of(parts.begin(), parts.end(),
                     [&](const ReportView::Part& part) { return !seen.insert(key(part)).second; });
}

absl::Status CheckPartitions(const v1::Interval& interval) {
  if (interval.partitions_size() > kMostPartitions) return Wrong("too many partitions");
  for (const v1::PartitionUse& use : interval.partitions()) {
    const bool counts = use.attempts() <= kMostCounted && use.throttled() <= kMostCounted &&
                        use.milli_ru() <= kMostCounted;
    if (use.partition() >= -1 && use.partition() < kMostPartitions && counts) continue;
    return Wrong(absl::StrCat("partition ", use.partition(), " cannot be"));
  }
  return absl::OkStatus();
}

absl::Status CheckPlanned(const v1::Prepared& prepared, int operations, int64_t seconds) {
  for (const v1::PlannedCounts& counts : prepared.planned()) {
    const int64_t end = int64_t{counts.first_second()} + counts.by_second_size();
    if (counts.operation() >= static_cast<uint32_t>(operations) || end > seconds) {
      return Wrong("counts operations outside the plan");
    }
    for (const uint64_t planned : counts.by_second()) {
      if (planned > kMostCounted) return Wrong("plans more operations than can be counted");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckHello(const v1::Hello& hello) {
  if (!IsName(hello.facts().name())) {
    return Wrong("an agent's name is 1 to 64 letters, digits, dots, hyphens or underscores");
  }
  if (hello.facts().conditions_size() > kMostConditions) return Wrong("states too much of itself");
  return CheckTexts(hello, kLongestFact);
}

absl::Status CheckPong(const v1::Pong& pong) {
  if (IsClock(pong.ping_sent_ns()) && IsClock(pong.received_ns()) && IsClock(pong.sent_ns())) {
    return absl::OkStatus();
  }
  return Wrong("its clock says what no clock says");
}

absl::Status CheckPrepared(const v1::Prepared& prepared, const v1::Scenario& scenario) {
  if (prepared.conditions_size() > kMostConditions) return Wrong("states too many conditions");
  const int operations = std::max(1, scenario.operations_size());  // a load has one of its own
  if (prepared.operations_size() > operations || prepared.planned_size() > 3 * operations) {
    return Wrong("has more operations than the scenario");
  }
  for (const v1::OperationFacts& operation : prepared.operations()) {
    if (!IsName(operation.name())) return Wrong("an operation has a name that is none");
  }
  WEIR_RETURN_IF_ERROR(CheckTexts(prepared, kLongestText));
  const int64_t length_ns = scenario.phases().warm_up().ns() + scenario.phases().measure().ns();
  return CheckPlanned(prepared, operations, length_ns / kNsPerSecond + kSlackSeconds);
}

absl::Status CheckReport(const ReportView& report, const ReportBounds& bounds) {
  if (report.second() > bounds.last_second) {
    return Wrong(absl::StrCat("reports second ", report.second(), ", which is not over yet"));
  }
  if (report.parts().size() > kMostParts) return Wrong("an interval has too many parts");
  const v1::Interval& rest = report.rest();
  if (rest.processes_size() > kMostProcesses || rest.resources_size() > 1) {
    return Wrong("samples too much of its machine");
  }
  for (const ReportView::Part& part : report.parts()) {
    WEIR_RETURN_IF_ERROR(CheckPlace(part.phase, part.operation, bounds));
    WEIR_RETURN_IF_ERROR(CheckCounts(part.tally.counts));
  }
  if (HasPartTwice(report.parts())) return Wrong("an interval has a part twice");
  WEIR_RETURN_IF_ERROR(CheckPartitions(rest));
  WEIR_RETURN_IF_ERROR(CheckNotes(report));
  for (const v1::ResourceSample& sample : rest.resources()) {
    WEIR_RETURN_IF_ERROR(CheckTexts(sample, kLongestFact));
  }
  for (const v1::ProcessSample& sample : rest.processes()) {
    WEIR_RETURN_IF_ERROR(CheckTexts(sample, kLongestFact));
  }
  return absl::OkStatus();
}

absl::Status CheckStageDone(const v1::StageDone& done, const ReportBounds& bounds) {
  const v1::Evidence& evidence = done.evidence();
  for (const int size :
       {done.errors_size(), done.totals_size(), done.hot_keys_size(), evidence.waits_size(),
        evidence.counters_size(), evidence.events_size(), evidence.gaps_size()}) {
    if (size > kMostSamples) return Wrong("the end of a stage holds too much");
  }
  for (const v1::PhaseResult& total : done.totals()) {
    WEIR_RETURN_IF_ERROR(CheckPlace(total.phase(), total.operation(), bounds));
    WEIR_RETURN_IF_ERROR(CheckCounts(total.total()));
  }
  if (!IsClock(done.started_ns()) || !IsClock(done.elapsed_ns()) ||
      !IsClock(done.start_lateness_ns()) || done.last_sequence() > kMostCounted) {
    return Wrong("the end of a stage is at no time");
  }
  return CheckTexts(done, kLongestText);
}

absl::Status CheckMessage(const v1::AgentMessage& message) {
  switch (message.body_case()) {
    case v1::AgentMessage::kPong:
      return CheckPong(message.pong());
    case v1::AgentMessage::kFailure:
      return CheckTexts(message.failure(), kLongestText);
    case v1::AgentMessage::kThroughputChanged:
      return CheckTexts(message.throughput_changed(), kLongestText);
    default:
      return absl::OkStatus();  // looked at where the run's bounds are known
  }
}

}  // namespace weir
