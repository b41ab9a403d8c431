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
  int64_t server_time_ns = 0;  // what the server says that it took; 0 when it does not
  int substatus = 0;
  bool offer_replace_pending = false;
  // Of a container, asked for by populatequotainfo: data and indexes, and how many documents.
  uint64_t stored_kb = 0;
  uint64_t stored_documents = 0;
  // x-weir-charge-basis, "modelled" or "modelled; calibrated …"; empty: the server's own meter.
  std::string charge_basis;
  std::string continuation;  // empty: the last page
  std::string session_token;
  std::string range_id;  // the physical partition that answered; empty when it is not named

  void Clear();
  void TakeLine(std::string_view line);  // "name: value\r\n"
};

// "5.71" → 5710, rounded to the nearest; anything that is no decimal number → 0.
MilliRu ParseCharge(std::string_view text);

// "documentsSize=12;collectionSize=34;" and "collectionSize=" → 34; 0 when it is not there.
uint64_t ParseUsage(std::string_view usage, std::string_view name);

// "3.551" → 3,551,000; what is no decimal number, or more than an hour → 0.
int64_t ParseServerTimeNs(std::string_view milliseconds);

// Capped: a metadata throttle may ask for minutes, which no operation waits for.
inline constexpr int64_t kLongestRetryAfterNs = 10'000'000'000;
int64_t RetryAfterNs(int64_t milliseconds);

}  // namespace weir::cosmos
