#include "backends/cosmos/http/answer_headers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

#include "backends/cosmos/wire/headers.h"
#include "backends/cosmos/wire/http_text.h"
#include "base/clock.h"

namespace weir::cosmos {
namespace {

std::string_view WithoutBlanksAndEnd(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

enum class Field : uint8_t {
  kOther,
  kCharge,
  kRetryAfter,
  kServerTime,
  kRange,
  kSubstatus,
  kReplacePending,
  kContinuation,
  kSessionToken,
  kChargeBasis,
  kResourceUsage
};

constexpr std::pair<std::string_view, Field> kFields[] = {
    {header::kRequestCharge, Field::kCharge},
    {header::kRetryAfterMs, Field::kRetryAfter},
    {header::kRequestDurationMs, Field::kServerTime},
    {header::kPartitionKeyRangeId, Field::kRange},
    {header::kSubstatus, Field::kSubstatus},
    {header::kOfferReplacePending, Field::kReplacePending},
    {header::kContinuation, Field::kContinuation},
    {header::kSessionToken, Field::kSessionToken},
    {header::kChargeBasis, Field::kChargeBasis},
    {header::kResourceUsage, Field::kResourceUsage}};

// Most headers of an answer are not read: they are told by their length and their last letter.
Field FieldOf(std::string_view name) {
  for (const auto& [known, field] : kFields) {
    if (known.size() != name.size() || known.back() != (name.back() | 0x20)) continue;
    if (known == name || SameWithoutCase(known, name)) return field;
  }
  return Field::kOther;
}

template <typename Integer>
Integer ParseInteger(std::string_view text) {
  Integer value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

MilliRu ParseCharge(std::string_view text) {
  double charge = 0;
  std::from_chars(text.data(), text.data() + text.size(), charge);
  constexpr double kMost = 1e15;  // far above any charge, far below overflow
  if (!(charge > 0) || charge > kMost) return 0;
  return std::llround(charge * 1000);
}

uint64_t ParseUsage(std::string_view usage, std::string_view name) {
  const size_t at = usage.find(name);
  return at == std::string_view::npos ? 0 : ParseInteger<uint64_t>(usage.substr(at + name.size()));
}

int64_t ParseServerTimeNs(std::string_view milliseconds) {
  double value = 0;
  std::from_chars(milliseconds.data(), milliseconds.data() + milliseconds.size(), value);
  constexpr double kMost = 3'600'000;
  return value > 0 && value <= kMost ? std::llround(value * kNsPerMs) : 0;
}

int64_t RetryAfterNs(int64_t milliseconds) {
  return std::clamp<int64_t>(milliseconds, 0, kLongestRetryAfterNs / kNsPerMs) * kNsPerMs;
}

void AnswerHeaders::Clear() {
  charge = 0;
  retry_after_ns = 0;
  server_time_ns = 0;
  substatus = 0;
  offer_replace_pending = false;
  stored_kb = 0;
  stored_documents = 0;
  charge_basis.clear();
  continuation.clear();
  session_token.clear();
  range_id.clear();
}

void AnswerHeaders::TakeLine(std::string_view line) {
  if (line.size() < 3 || (line[0] | 0x20) != 'x' || line[1] != '-') return;
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const Field field = FieldOf(line.substr(0, colon));
  if (field == Field::kOther) return;
  const std::string_view value = WithoutBlanksAndEnd(line.substr(colon + 1));
  switch (field) {
    case Field::kCharge:
      charge = ParseCharge(value);
      break;
    case Field::kRetryAfter:
      retry_after_ns = RetryAfterNs(ParseInteger<int64_t>(value));
      break;
    case Field::kServerTime:
      server_time_ns = ParseServerTimeNs(value);
      break;
    case Field::kRange:
      range_id = value;
      break;
    case Field::kResourceUsage:
      stored_kb = ParseUsage(value, "collectionSize=");
      stored_documents = ParseUsage(value, "documentsCount=");
      break;
    case Field::kSubstatus:
      substatus = ParseInteger<int>(value);
      break;
    case Field::kReplacePending:
      offer_replace_pending = SameWithoutCase(value, "true");
      break;
    case Field::kContinuation:
      continuation = value;
      break;
    case Field::kSessionToken:
      session_token = value;
      break;
    case Field::kChargeBasis:
      charge_basis = value;
      break;
    case Field::kOther:
      break;
  }
}

}  // namespace weir::cosmos
