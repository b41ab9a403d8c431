#include "backends/cosmos/container_scan.h"

#include "backends/cosmos/container_setup.h"
#include "backends/cosmos/wire/headers.h"
#include "base/status.h"

namespace weir::cosmos {
namespace {

constexpr std::string_view kDocumentsPerPage = "1000";

void BeginPage(const Container& container, const std::string& range, std::string_view continuation,
               ControlClient* client) {
  HttpExchange& exchange = client->Begin(HttpMethod::kPost, container.gateway.documents);
  HttpHeaders& headers = exchange.headers();
  headers.Add(header::kContentType, kQueryContentType);
  headers.Add(header::kIsQuery, "true");
  headers.Add(header::kEnableCrossPartition, "true");
  headers.Add(header::kPartitionKeyRangeId, range);
  headers.Add(header::kMaxItemCount, kDocumentsPerPage);
  if (!continuation.empty()) headers.Add(header::kContinuation, continuation);
  exchange.body() = R"({"query":"SELECT * FROM c","parameters":[]})";
}

absl::Status ScanRange(const Container& container, const std::string& range, ControlClient* client,
                       DocumentReader* reader, absl::FunctionRef<void(const Record&)> visit) {
  std::string continuation;
  do {
    BeginPage(container, range, continuation, client);
    WEIR_RETURN_IF_ERROR(client->Perform("reading documents back"));
    WEIR_RETURN_IF_ERROR(reader->ForEachRecord(&client->exchange().answer(), visit));
    continuation = client->exchange().answer_headers().continuation;
  } while (!continuation.empty());
  return absl::OkStatus();
}

}  // namespace

absl::Status ScanContainer(Container* container, ControlClient* client,
                           absl::FunctionRef<void(const Record&)> visit) {
  WEIR_RETURN_IF_ERROR(ReadRanges(container, client));
  const std::shared_ptr<const PartitionRanges> ranges = container->ranges.Get();
  DocumentReader reader(container->form);
  for (size_t i = 0; i < ranges->size(); ++i) {
    WEIR_RETURN_IF_ERROR(ScanRange(*container, (*ranges)[i].id, client, &reader, visit));
  }
  return absl::OkStatus();
}

}  // namespace weir::cosmos
