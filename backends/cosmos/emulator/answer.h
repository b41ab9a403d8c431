// The pieces that answers are made of: charge, errors, the headers of an item's answer.
#pragma once

#include <string>
#include <string_view>

#include "backends/cosmos/emulator/charge.h"
#include "backends/cosmos/emulator/container.h"
#include "backends/cosmos/emulator/http_server.h"

namespace weir::cosmos::emulator {

// "NotFound" for 404: the "code" of an error body.
std::string_view StatusName(int status);

// {"code":…,"message":…}. The body of an error is never empty: the official SDK could not read it.
HttpResponse ErrorAnswer(int status, int substatus, std::string_view message);
HttpResponse JsonAnswer(int status, std::string body);

// What is said when an operation on an item ends with this status.
std::string_view ItemMessage(int status);
inline std::string_view MessageOf(const ItemOutcome& outcome) {
  return outcome.message.empty() ? ItemMessage(outcome.status) : outcome.message;
}

void SetCharge(CentiRu charge, HttpResponse* response);

// Range id, session token, content paths and lsn of an answer that one partition gave.
void SetPartitionHeaders(const Container& container, const Partition& partition, uint64_t lsn,
                         HttpResponse* response);

// 410: the range is gone, or (substatus 1007) about to be; the client reads the ranges again.
HttpResponse RangeGoneAnswer(int substatus);

// 404/1002: the request's session has seen more than there is here.
HttpResponse SessionUnavailableAnswer(const ChargeModel& charges);
inline constexpr std::string_view kReadSessionMessage =
    "the read session is not available: the session token is ahead of the partition";

HttpResponse ThrottledAnswer(CentiRu charge, int64_t retry_after_ms);

}  // namespace weir::cosmos::emulator
