#include "backends/cosmos/http/answer_headers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

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

// Servers send names in lower case, as a rule.
bool SameName(std::string_view a, std::string_view b) { return a == b || SameWithoutCase(a, b); }

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
  charge_basis.clear();
  continuation.clear();
  session_token.clear();
  range_id.clear();
}

void AnswerHeaders::TakeLine(std::string_view line) {
  if (line.size() < 3 || (line[0] | 0x20) != 'x' || line[1] != '-') return;
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = WithoutBlanksAndEnd(line.substr(colon + 1));
  if (SameName(name, header::kRequestCharge)) {
    charge = ParseCharge(value);
  } else if (SameName(name, header::kRetryAfterMs)) {
    retry_after_ns = RetryAfterNs(ParseInteger<int64_t>(value));
  } else if (SameName(name, header::kRequestDurationMs)) {
    server_time_ns = ParseServerTimeNs(value);
  } else if (SameName(name, header::kPartitionKeyRangeId)) {
    range_id = value;
  } else if (SameName(name, header::kSubstatus)) {
    substatus = ParseInteger<int>(value);
  } else if (SameName(name, header::kOfferReplacePending)) {
    offer_replace_pending = SameWithoutCase(value, "true");
  } else if (SameName(name, header::kContinuation)) {
    continuation = value;
  } else if (SameName(name, header::kSessionToken)) {
    session_token = value;
  } else if (SameName(name, header::kChargeBasis)) {
    charge_basis = value;
  }
}

}  // namespace weir::cosmos
