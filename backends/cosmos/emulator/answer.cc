#include "backends/cosmos/emulator/answer.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/wire/headers.h"

namespace weir::cosmos::emulator {

std::string_view StatusName(int status) {
  switch (status) {
    case 400:
      return "BadRequest";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 405:
      return "MethodNotAllowed";
    case 408:
      return "RequestTimeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "PreconditionFailed";
    case 413:
      return "RequestEntityTooLarge";
    case 423:
      return "Locked";
    case 424:
      return "FailedDependency";
    case 429:
      return "TooManyRequests";
    case 449:
      return "RetryWith";
    case 501:
      return "NotImplemented";
    case 503:
      return "ServiceUnavailable";
    default:
      return "InternalServerError";
  }
}

std::string_view ItemMessage(int status) {
  switch (status) {
    case 404:
      return "there is no item of this id and partition key";
    case 409:
      return "there is an item of this id and partition key already";
    case 412:
      return "a condition of the request is not met";
    case 424:
      return "another operation of the batch failed";
    case 429:
      return "the request rate is too large: the partition's throughput is used up";
    default:
      return "the operation failed";
  }
}

HttpResponse JsonAnswer(int status, std::string body) {
  HttpResponse response{status, {}, std::move(body)};
  response.Set("content-type", "application/json");
  return response;
}

HttpResponse ErrorAnswer(int status, int substatus, std::string_view message) {
  HttpResponse response =
      JsonAnswer(status, absl::StrCat(R"({"code":")", std::string(StatusName(status)),
                                      R"(","message":)", JsonString(message), "}"));
  if (substatus != 0) response.Set(header::kSubstatus, absl::StrCat(substatus));
  return response;
}

void SetCharge(CentiRu charge, HttpResponse* response) {
  AppendHundredths(charge, response->headers.Open(header::kRequestCharge));
  response->headers.Close();
}

void SetPartitionHeaders(const Container& container, const Partition& partition, uint64_t lsn,
                         HttpResponse* response) {
  container.NoteStorage(partition);
  const auto number = static_cast<int64_t>(lsn);
  HeaderLines& headers = response->headers;
  std::string* text = headers.Open(header::kSessionToken);
  AppendInteger(partition.id(), text);
  text->append(":-1#");
  AppendInteger(number, text);
  headers.Close();
  AppendInteger(partition.id(), headers.Open(header::kPartitionKeyRangeId));
  headers.Close();
  AppendInteger(number, headers.Open(header::kLsn));
  headers.Close();
  response->Set(header::kAltContentPath,
                absl::StrCat("dbs/", container.ids().database_id, "/colls/", container.id()));
  response->Set(header::kContentPath, container.ids().rid);
}

HttpResponse RangeGoneAnswer(int substatus) {
  return ErrorAnswer(410, substatus,
                     substatus == substatus::kCompletingSplit
                         ? "the partition key range is completing a split: read the ranges again"
                         : "there is no such partition key range: read the ranges again");
}

HttpResponse SessionUnavailableAnswer(const ChargeModel& charges) {
  HttpResponse response =
      ErrorAnswer(404, substatus::kReadSessionNotAvailable, kReadSessionMessage);
  SetCharge(charges.ReadWithoutBody(false), &response);
  return response;
}

HttpResponse ThrottledAnswer(CentiRu charge, int64_t retry_after_ms) {
  HttpResponse response = ErrorAnswer(429, substatus::kThroughputExceeded, ItemMessage(429));
  response.Set(header::kRetryAfterMs, absl::StrCat(retry_after_ms));
  SetCharge(charge, &response);
  return response;
}

}  // namespace weir::cosmos::emulator
