#include "backends/cosmos/container_survey.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/container_setup.h"
#include "backends/cosmos/json_lookup.h"
#include "backends/cosmos/wire/headers.h"
#include "backends/cosmos/wire/partition_key.h"
#include "base/loopback.h"
#include "base/status.h"

namespace weir::cosmos {
namespace {

using nlohmann::json;

constexpr std::string_view kConsent = "weir_consent";

std::string HostOf(const std::string& url) {
  const size_t start = url.find("//") + 2;
  const std::string authority = url.substr(start, url.find('/', start) - start);
  const size_t colon = authority.rfind(':');
  const bool port = colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  return port ? authority.substr(0, colon) : authority;
}

Resource ConsentContainer(const Gateway& gateway) {
  Resource resource = gateway.database;
  absl::StrAppend(&resource.target, "/colls/", std::string(kConsent));
  absl::StrAppend(&resource.link, "/colls/", std::string(kConsent));
  resource.type = "colls";
  return resource;
}

absl::Status Query(const Container& container, const std::string& range, std::string_view text,
                   std::string_view continuation, ControlClient* client) {
  HttpExchange& exchange = client->Begin(HttpMethod::kPost, container.gateway.documents);
  HttpHeaders& headers = exchange.headers();
  headers.Add(header::kContentType, kQueryContentType);
  headers.Add(header::kIsQuery, "true");
  headers.Add(header::kEnableCrossPartition, "true");
  headers.Add(header::kPartitionKeyRangeId, range);
  if (!continuation.empty()) headers.Add(header::kContinuation, continuation);
  exchange.body() = json{{"query", text}, {"parameters", json::array()}}.dump();
  return client->Perform("looking into the container");
}

enum class Content { kNothing, kOurs, kForeign };

// By the first document of any partition: one that the dataset could have made, or another.
absl::StatusOr<Content> LookInto(Container* container, ControlClient* client) {
  WEIR_RETURN_IF_ERROR(ReadRanges(container, client));
  const std::shared_ptr<const PartitionRanges> ranges = container->ranges.Get();
  DocumentReader reader(container->form);
  for (size_t i = 0; i < ranges->size(); ++i) {
    WEIR_RETURN_IF_ERROR(Query(*container, (*ranges)[i].id, "SELECT TOP 1 * FROM c", "", client));
    int documents = 0;
    const absl::Status read =
        reader.ForEachRecord(&client->exchange().answer(), [&](const Record&) { ++documents; });
    if (!read.ok()) return Content::kForeign;
    if (documents > 0) return Content::kOurs;
  }
  return Content::kNothing;
}

// As the account counts them, which follows its writes with a delay and may not be told.
absl::StatusOr<std::string> DocumentsInWords(const Container& container, ControlClient* client) {
  HttpExchange& exchange = client->Begin(HttpMethod::kGet, container.gateway.container);
  exchange.headers().Add(header::kPopulateQuotaInfo, "true");
  WEIR_RETURN_IF_ERROR(client->Perform("counting the container's documents"));
  const uint64_t documents = client->exchange().answer_headers().stored_documents;
  return documents == 0 ? "records" : absl::StrCat("about ", documents, " records");
}

}  // namespace

absl::StatusOr<Standing> SurveyContainer(const v1::CosmosTarget& target, Container* container,
                                         ControlClient* client) {
  Standing standing;
  standing.on_this_machine = IsLoopback(HostOf(target.endpoint()));
  standing.place = absl::StrCat("container ", target.container(), " of database ",
                                target.database(), " at ", HostOf(target.endpoint()));
  client->Begin(HttpMethod::kGet, ConsentContainer(container->gateway));
  WEIR_ASSIGN_OR_RETURN(standing.consent, client->PerformIfFound("looking for the consent"));
  client->Begin(HttpMethod::kGet, container->gateway.container);
  WEIR_ASSIGN_OR_RETURN(standing.exists, client->PerformIfFound("looking for the container"));
  if (!standing.exists) return standing;
  WEIR_ASSIGN_OR_RETURN(const Content content, LookInto(container, client));
  standing.foreign = content == Content::kForeign;
  const bool asked = standing.consent && !standing.on_this_machine;
  if (content == Content::kNothing || !asked) return standing;
  WEIR_ASSIGN_OR_RETURN(standing.holds, DocumentsInWords(*container, client));
  return standing;
}

absl::Status GiveConsent(const v1::CosmosTarget& target, const Container& container,
                         ControlClient* client) {
  WEIR_RETURN_IF_ERROR(CreateDatabase(target, container.gateway, client));
  HttpExchange& exchange = client->Begin(HttpMethod::kPost, container.gateway.containers);
  exchange.headers().Add(header::kContentType, kJsonContentType);
  exchange.body() =
      json{{"id", kConsent},
           {"partitionKey", {{"paths", json::array({"/id"})}, {"kind", "Hash"}, {"version", 2}}}}
          .dump();
  const absl::Status created =
      client->Perform(absl::StrCat("creating the container ", std::string(kConsent)));
  return absl::IsAlreadyExists(created) ? absl::OkStatus() : created;
}

absl::StatusOr<uint64_t> CountDocuments(Container* container, ControlClient* client) {
  WEIR_RETURN_IF_ERROR(ReadRanges(container, client));
  const std::shared_ptr<const PartitionRanges> ranges = container->ranges.Get();
  uint64_t documents = 0;
  for (size_t i = 0; i < ranges->size(); ++i) {
    std::string continuation;
    do {
      WEIR_RETURN_IF_ERROR(
          Query(*container, (*ranges)[i].id, "SELECT VALUE COUNT(1) FROM c", continuation, client));
      const json answer = json::parse(client->exchange().answer(), nullptr, false);
      const json count = LookUp(answer, "/Documents/0");
      if (!count.is_number_unsigned()) return absl::DataLossError("a partition gives no count");
      documents += count.get<uint64_t>();
      continuation = client->exchange().answer_headers().continuation;
    } while (!continuation.empty());
  }
  return documents;
}

absl::Status ReadDocuments(const Container& container, ControlClient* client,
                           absl::Span<const uint64_t> indices,
                           absl::FunctionRef<void(uint64_t index, const Record* record)> visit) {
  DocumentReader reader(container.form);
  Record record;
  std::string key_text;
  std::string key_json;
  for (const uint64_t index : indices) {
    container.records.Make(index, 0, &record);
    const PartitionKeyValue key = container.form.KeyOf(record, &key_text);
    key_json.clear();
    AppendPartitionKeyHeader({&key, 1}, &key_json);
    HttpExchange& exchange = client->BeginDocument(HttpMethod::kGet, container.form.IdOf(record));
    exchange.headers().Add(header::kPartitionKey, key_json);
    WEIR_ASSIGN_OR_RETURN(const bool found, client->PerformIfFound("reading a document back"));
    if (!found) {
      visit(index, nullptr);
      continue;
    }
    std::string page = absl::StrCat("{\"Documents\":[", client->exchange().answer(), "]}");
    WEIR_RETURN_IF_ERROR(
        reader.ForEachRecord(&page, [&](const Record& there) { visit(index, &there); }));
  }
  return absl::OkStatus();
}

}  // namespace weir::cosmos
