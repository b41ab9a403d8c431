#include "backends/cosmos/verdicts.h"

#include <algorithm>

#include "backends/cosmos/wire/headers.h"

namespace weir::cosmos {
namespace {

constexpr size_t kLongestDetail = 200;

bool NamesDocument(OperationKind kind) {
  return kind == OperationKind::kRead || kind == OperationKind::kReplace ||
         kind == OperationKind::kDelete;
}

Judgement JudgeNotFound(OperationKind kind, int substatus, std::string_view message) {
  if (substatus == substatus::kReadSessionNotAvailable) return {Verdict::kFailed, true};
  const bool owner_gone = substatus == substatus::kOwnerNotFound ||
                          message.find("Owner resource does not exist") != std::string_view::npos;
  if (owner_gone || !NamesDocument(kind)) return {Verdict::kFailed, false};
  return {Verdict::kNotFound, false};
}

int Weight(const Judgement& judgement) {
  switch (judgement.verdict) {
    case Verdict::kOk:
      return 0;
    case Verdict::kNotFound:
      return 1;
    case Verdict::kConflict:
      return 2;
    case Verdict::kFailed:
      return judgement.retryable ? 4 : 3;
    case Verdict::kTimedOut:
    case Verdict::kInDoubt:
      return 5;
    case Verdict::kThrottled:
      return 6;
  }
  return 0;
}

// Not in the middle of a character: the words go into messages that must be UTF-8.
std::string_view Cut(std::string_view words) {
  if (words.size() <= kLongestDetail) return words;
  size_t end = kLongestDetail;
  while (end > 0 && (words[end] & 0xC0) == 0x80) --end;
  return words.substr(0, end);
}

}  // namespace

Judgement Judge(OperationKind kind, int status, int substatus, std::string_view message) {
  if ((status >= 200 && status < 300) || status == 304) return {};
  switch (status) {
    case 404:
      return JudgeNotFound(kind, substatus, message);
    case 409:
    case 412:
      return {Verdict::kConflict, false};
    case 429:
      return {Verdict::kThrottled, true};
    case 410:
      return {Verdict::kFailed, true, Trouble::kRangesStale};
    case 449:
      return {Verdict::kFailed, true};
    case 408:
    case 503:
      // The gateway gave up waiting for a replica, which may have written.
      return {Writes(kind) ? Verdict::kInDoubt : Verdict::kFailed, true};
    default:
      return {Verdict::kFailed, false};
  }
}

void OutcomeSum::Clear() {
  outcome_ = Outcome();
  parts_.clear();
  trouble_ = Trouble::kNone;
  detail_.clear();
}

void OutcomeSum::AddTraffic(uint64_t bytes_sent, uint64_t bytes_received) {
  outcome_.bytes_sent += bytes_sent;
  outcome_.bytes_received += bytes_received;
}

PartitionPart& OutcomeSum::PartOf(int32_t partition) {
  for (PartitionPart& part : parts_) {
    if (part.partition == partition) return part;
  }
  parts_.push_back({.partition = partition});
  return parts_.back();
}

void OutcomeSum::AddRequest(int32_t partition, MilliRu charge, int64_t server_time_ns) {
  outcome_.charge += charge;
  PartitionPart& part = PartOf(partition);
  ++part.requests;
  part.charge += charge;
  part.server_time_ns += server_time_ns;
}

void OutcomeSum::AddThrottledPart(int32_t partition, MilliRu refused_charge) {
  ++outcome_.throttled_parts;
  PartitionPart& part = PartOf(partition);
  ++part.throttled;
  part.refused_charge += refused_charge;
}

Outcome OutcomeSum::Conclude() {
  outcome_.partition = parts_.size() == 1 ? parts_[0].partition : -1;
  outcome_.parts = parts_;
  for (const PartitionPart& part : parts_) {
    outcome_.server_time_ns = std::max(outcome_.server_time_ns, part.server_time_ns);
  }
  return outcome_;
}

void OutcomeSum::Note(const Judgement& judgement, std::string_view detail, int64_t retry_after_ns) {
  trouble_ = std::max(trouble_, judgement.trouble);
  outcome_.in_doubt |= EffectUnknown(judgement.verdict);
  outcome_.retry_after_ns = std::max(outcome_.retry_after_ns, retry_after_ns);
  if (Weight(judgement) <= Weight({outcome_.verdict, outcome_.retryable})) return;
  outcome_.verdict = judgement.verdict;
  outcome_.retryable = judgement.retryable;
  outcome_.moved = judgement.trouble == Trouble::kRangesStale;
  detail_ = Cut(detail);
}

}  // namespace weir::cosmos
