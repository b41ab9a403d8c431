// The headers of an answer that Weir reads, taken line by line as they arrive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/api/operation.h"

namespace weir::cosmos {

struct AnswerHeaders {
  MilliRu charge = 0;
  int64_t retry_after_ns = 0;
  int substatus = 0;
  bool modelled_charge = false;  // x-weir-charge-basis: modelled
  std::string continuation;      // empty: the last page
  std::string session_token;

  void Clear();
  void TakeLine(std::string_view line);  // "name: value\r\n"
};

// "5.71" → 5710, rounded to the nearest; anything that is no decimal number → 0.
MilliRu ParseCharge(std::string_view text);

// Capped: a metadata throttle may ask for minutes, which no operation waits for.
inline constexpr int64_t kLongestRetryAfterNs = 10'000'000'000;
int64_t RetryAfterNs(int64_t milliseconds);

}  // namespace weir::cosmos
