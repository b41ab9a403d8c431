#include "backends/cosmos/emulator/fault_injection.h"

#include <memory>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/emulator/partition_key_reader.h"
#include "backends/cosmos/wire/effective_partition_key.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

constexpr int64_t kDefaultRetryAfterMs = 100;

std::string_view ItemsOperation(const HttpRequest& request) {
  if (request.method == "GET") return request.Header(header::kAIm).empty() ? "feed" : "change_feed";
  if (request.HeaderIsTrue(header::kIsQueryPlanRequest)) return "plan";
  if (request.HeaderIsTrue(header::kIsQuery) ||
      request.Header(header::kContentType).substr(0, kQueryContentType.size()) ==
          kQueryContentType) {
    return "query";
  }
  if (request.HeaderIsTrue(header::kIsBatchRequest)) {
    return request.HeaderIsTrue(header::kBatchAtomic) ? "batch" : "bulk";
  }
  return request.HeaderIsTrue(header::kIsUpsert) ? "upsert" : "create";
}

std::string_view ItemOperation(std::string_view method) {
  if (method == "GET") return "read";
  if (method == "PUT") return "replace";
  if (method == "PATCH") return "patch";
  return method == "DELETE" ? "delete" : "metadata";
}

// The id of the range that the request names, or that its key lies in; empty when it has neither.
std::string RangeOf(const Container& container, const HttpRequest& request) {
  const std::string_view named = request.Header(header::kPartitionKeyRangeId);
  if (!named.empty()) return std::string(named);
  PartitionKeyReader reader;
  const auto levels = reader.Read(request.Header(header::kPartitionKey));
  if (!levels || levels->empty()) return "";
  return absl::StrCat(container.Lock(HashPartitionKey(*levels)).partition->id());
}

HttpResponse Failure(const Fault& fault, const ChargeModel& charges) {
  const auto charged = [&](HttpResponse response) {
    SetCharge(charges.Refused(), &response);
    return response;
  };
  switch (fault.kind) {
    case FaultKind::kThrottle:
      return ThrottledAnswer(charges.Throttled(), fault.retry_after_ms > 0 ? fault.retry_after_ms
                                                                           : kDefaultRetryAfterMs);
    case FaultKind::kRetryWith:
      return charged(ErrorAnswer(449, 0, "injected: the operation met another; try it again"));
    case FaultKind::kUnavailable:
      return charged(ErrorAnswer(503, 0, "injected: the service is unavailable"));
    case FaultKind::kTimeout:
      return charged(ErrorAnswer(408, 0, "injected: the operation took too long"));
    case FaultKind::kSessionUnavailable:
      return SessionUnavailableAnswer(charges);
    case FaultKind::kGone:
    case FaultKind::kDelay:
    case FaultKind::kDropReply:
      break;
  }
  return ErrorAnswer(500, 0, "injected");
}

}  // namespace

std::string_view OperationOf(const HttpRequest& request, const std::vector<std::string>& path) {
  if (!path.empty() && path[0] == "offers") return "offer";
  if (path.size() < 5) return "metadata";
  if (path[4] == "pkranges") return "ranges";
  if (path[4] != "docs") return "metadata";
  return path.size() == 5 ? ItemsOperation(request) : ItemOperation(request.method);
}

HttpResponse AnswerWithFaults(FaultPlan* plan, const Account& account, const ChargeModel& charges,
                              const HttpRequest& request, const std::vector<std::string>& path,
                              absl::FunctionRef<HttpResponse()> carry_out) {
  FaultSubject subject{.operation = OperationOf(request, path)};
  std::shared_ptr<Container> container;
  std::string range;
  if (path.size() >= 2 && path[0] == "dbs") subject.database = path[1];
  if (path.size() >= 4) {
    subject.container = path[3];
    container = account.Find(path[1], path[3]);
    if (container != nullptr) range = RangeOf(*container, request);
    subject.range = range;
  }
  const auto fault = plan->Match(subject, MonotonicNs());
  if (!fault) return carry_out();
  switch (fault->kind) {
    case FaultKind::kGone:  // carried out after the split: who named the range hears 410
      if (container != nullptr) container->Split(range).IgnoreError();
      return carry_out();
    case FaultKind::kDelay: {
      HttpResponse response = carry_out();
      response.delay_ms = fault->delay_ms;
      return response;
    }
    case FaultKind::kDropReply: {
      HttpResponse response = carry_out();
      response.is_dropped = true;
      return response;
    }
    default:
      return Failure(*fault, charges);
  }
}

}  // namespace weir::cosmos::emulator
