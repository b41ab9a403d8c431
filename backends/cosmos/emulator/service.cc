#include "backends/cosmos/emulator/service.h"

#include <simdjson.h>

#include <atomic>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/emulator/authentication.h"
#include "backends/cosmos/emulator/batch_requests.h"
#include "backends/cosmos/emulator/change_feed.h"
#include "backends/cosmos/emulator/fault_injection.h"
#include "backends/cosmos/emulator/item_requests.h"
#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/emulator/query_requests.h"
#include "backends/cosmos/emulator/resource_path.h"
#include "backends/cosmos/emulator/resource_query.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"
#include "base/random.h"

namespace weir::cosmos::emulator {
namespace {

// What one server thread keeps from request to request.
struct ThreadState {
  ResourcePath path;
  ItemRequests items;
  BatchRequests batches;
  QueryRequests queries;
  ChangeFeedRequests changes;
};

ThreadState& State() {
  thread_local ThreadState state;
  return state;
}

void AppendActivityId(std::string* out) {
  static std::atomic<uint64_t> threads{0};
  thread_local const uint64_t key =
      Draw(static_cast<uint64_t>(WallUnixNs()), threads.fetch_add(1, std::memory_order_relaxed));
  thread_local uint64_t count = 0;
  const uint64_t n = count++;
  const uint64_t halves[] = {Draw(key, 2 * n), Draw(key, 2 * n + 1)};
  constexpr char kHex[] = "0123456789abcdef";
  char id[36];
  char* at = id;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) *at++ = '-';
    *at++ = kHex[(halves[i / 16] >> (4 * (i & 15))) & 0xF];
  }
  out->append(id, sizeof(id));
}

// With three decimals.
void AppendMilliseconds(int64_t ns, std::string* out) {
  const int64_t us = (ns + 500) / 1000;
  AppendInteger(us / 1000, out);
  out->push_back('.');
  const auto rest = static_cast<int>(us % 1000);
  for (const int digit : {rest / 100, rest / 10 % 10, rest % 10}) {
    out->push_back(static_cast<char>('0' + digit));
  }
}

HttpResponse NotSupported(std::string_view what) {
  return ErrorAnswer(501, 0, absl::StrCat("this emulator does not support ", std::string(what)));
}

// What a container of the service has below it and this emulator has not.
const char* WhatIsRefused(std::string_view resource) {
  if (resource == "sprocs") {
    return "stored procedures: use a transactional batch for writes that belong together";
  }
  if (resource == "triggers") return "triggers: do their work in the client";
  if (resource == "udfs") return "user-defined functions: write the expression into the query";
  if (resource == "conflicts") return "conflict feeds: it has one write region";
  return nullptr;
}

// How much the container holds, in KB.
void SetQuota(const Container& container, HttpResponse* response) {
  uint64_t documents = 0;
  uint64_t bytes = 0;
  for (Partition* partition : container.table().partitions()) {
    const auto lock = partition->Lock();
    documents += partition->documents();
    bytes += partition->bytes();
  }
  response->Set(header::kResourceQuota,
                "documentSize=10240;documentsSize=10485760;documentsCount=-1;"
                "collectionSize=10485760;");
  response->Set(header::kResourceUsage,
                absl::StrCat("documentSize=0;documentsSize=", bytes / 1000,
                             ";documentsCount=", documents, ";collectionSize=", bytes / 1000, ";"));
  response->Set(header::kIndexTransformationProgress, "100");  // a replaced policy holds at once
}

ThroughputRequest ThroughputOf(const HttpRequest& request) {
  return {request.Header(header::kOfferThroughput), request.Header(header::kAutopilotSettings)};
}

HttpResponse NoRoute(const HttpRequest& request) {
  return ErrorAnswer(405, 0, absl::StrCat(std::string(request.method), " is not possible here"));
}

}  // namespace

Service::Service(const MasterKey& key, Settings settings)
    : key_(key),
      settings_(std::move(settings)),
      charges_(settings_.coefficients),
      account_(settings_.account, charges_),
      offers_(account_, charges_),
      admin_(account_) {}

HttpResponse Service::Answer(const HttpRequest& request) {
  const int64_t begun_ns = MonotonicNs();
  HttpResponse response;
  std::optional<ChargeExplanation> why;
  if (settings_.explain || request.HeaderIsTrue(header::kExplain)) why.emplace();
  ResourcePath& path = State().path;
  if (!SplitPath(request.path, &path)) {
    response = ErrorAnswer(400, 0, "the path is not percent-encoded properly");
  } else if (settings_.admin && !path.empty() && path.front() == "_weir") {
    response = admin_.Answer(request, path);
    if (store_ != nullptr) response.ticket = store_->appended();
    return response;
  } else if (IsAuthentic(key_, request, path, &response)) {
    const auto route = [&] {
      return store_ == nullptr ? Route(request, path) : RouteDurably(request, path);
    };
    response = admin_.faults().IsEmpty()
                   ? route()
                   : AnswerWithFaults(&admin_.faults(), account_, charges_, request, path, route);
  }
  if (why) Explain(request, *why, &response);
  HeaderLines& headers = response.headers;
  AppendActivityId(headers.Open(header::kActivityId));
  headers.Close();
  response.Set(header::kServiceVersion, "version=2.14.0.0");
  response.Set(header::kChargeBasis, settings_.charge_basis);
  AppendMilliseconds(MonotonicNs() - begun_ns, headers.Open(header::kRequestDurationMs));
  headers.Close();
  return response;
}

void Service::Explain(const HttpRequest& request, const ChargeExplanation& why,
                      HttpResponse* response) const {
  if (why.text().empty()) return;
  if (settings_.explain) {
    settings_.explain(absl::StrCat(std::string(request.method), " ", std::string(request.path), " ",
                                   response->status, " ", why.text()));
  }
  if (request.HeaderIsTrue(header::kExplain)) {
    response->Set(header::kChargeExplanation, why.HeaderText());
  }
}

HttpResponse Service::Route(const HttpRequest& request, const Path& path) {
  if (path.empty()) return Metadata(200, AccountJson(request));
  if (path[0] == "offers" && path.size() == 2) return offers_.One(request, path[1]);
  if (path[0] == "offers" && path.size() == 1) return offers_.Find(request);
  if (path[0] != "dbs") return ErrorAnswer(404, 0, "there is nothing at this path");
  if (path.size() <= 2) return AnswerDatabases(request, path);
  if (path[2] == "users") return NotSupported("users and permissions");
  if (path[2] != "colls") return ErrorAnswer(404, 0, "there is nothing at this path");
  if (path.size() == 3) return AnswerContainers(request, path);
  const auto container = account_.Find(path[1], path[3]);
  if (container == nullptr) {
    return ErrorAnswer(404, path.size() > 4 ? substatus::kOwnerNotFound : 0,
                       absl::StrCat("there is no container ", JsonString(path[3]), " in database ",
                                    JsonString(path[1])));
  }
  container->Advance(MonotonicNs());
  if (path.size() == 4) {
    if (request.method != "DELETE") return AnswerContainer(request, container.get());
    const absl::Status status = account_.DeleteContainer(path[1], path[3]);
    return status.ok() ? Metadata(204, "") : MetadataError(status);
  }
  if (path[4] == "docs" && path.size() <= 6) return AnswerItems(request, *container, path);
  if (path[4] == "pkranges" && path.size() == 5 && request.method == "GET") {
    return AnswerRanges(request, *container);
  }
  if (IsKeyDeletion(path)) {
    if (request.method != "POST") return NoRoute(request);
    return State().items.DeleteByKey(*container, request);
  }
  if (const char* what = WhatIsRefused(path[4])) return NotSupported(what);
  return ErrorAnswer(404, 0, "there is nothing at this path");
}

std::string Service::AccountJson(const HttpRequest& request) const {
  // The official SDKs go on with the endpoint that stands here: it must be the one they dialled.
  const std::string endpoint = absl::StrCat(settings_.tls ? "https://" : "http://",
                                            std::string(request.Header(header::kHost)), "/");
  const std::string location =
      absl::StrCat(R"([{"name":"Local","databaseAccountEndpoint":)", JsonString(endpoint), "}]");
  return absl::StrCat(
      R"({"_self":"","id":"weir-emulator-modelled-ru","_rid":"weir-emulator-modelled-ru",)",
      R"("media":"//media/","addresses":"//addresses/","_dbs":"//dbs/","writableLocations":)",
      location, R"(,"readableLocations":)", location,
      R"(,"weirDurability":)", store_ == nullptr ? R"("memory")" : R"("synced")",
      R"(,"enableMultipleWriteLocations":false,"userReplicationPolicy":{"asyncReplication":false,)",
      R"("minReplicaSetSize":1,"maxReplicasetSize":1},"userConsistencyPolicy":)",
      R"({"defaultConsistencyLevel":)", JsonString(settings_.consistency),
      R"(},"systemReplicationPolicy":{"minReplicaSetSize":1,"maxReplicasetSize":1},)",
      R"("readPolicy":{"primaryReadCoefficient":1,"secondaryReadCoefficient":1},)",
      R"("queryEngineConfiguration":"{\"maxSqlQueryInputLength\":262144,\"maxJoinsPerSqlQuery\":10,)",
      R"(\"maxLogicalAndPerSqlQuery\":2000,\"maxLogicalOrPerSqlQuery\":2000}"})");
}

HttpResponse Service::Metadata(int status, std::string json) const {
  HttpResponse response = JsonAnswer(status, std::move(json));
  SetCharge(charges_.Metadata(), &response);
  return response;
}

HttpResponse Service::AnswerFeedQuery(std::string_view feed, const HttpRequest& request) const {
  auto queried = QueryFeed(feed, request.body);
  if (!queried.ok()) return MetadataError(queried.status());
  HttpResponse response = Metadata(200, std::move(queried->json));
  response.Set(header::kItemCount, absl::StrCat(queried->count));
  return response;
}

HttpResponse Service::MetadataError(const absl::Status& status) const {
  const int code = absl::IsNotFound(status)             ? 404
                   : absl::IsAlreadyExists(status)      ? 409
                   : absl::IsFailedPrecondition(status) ? 412
                   : absl::IsUnimplemented(status)      ? 501
                                                        : 400;
  HttpResponse response = ErrorAnswer(code, 0, std::string(status.message()));
  SetCharge(charges_.Metadata(), &response);
  return response;
}

HttpResponse Service::AnswerDatabases(const HttpRequest& request, const Path& path) {
  if (path.size() == 1 && request.method == "GET") {
    return Metadata(200, account_.DatabasesJson());
  }
  if (path.size() == 1 && request.method == "POST") {
    if (request.HeaderIsTrue(header::kIsQuery)) {
      return AnswerFeedQuery(account_.DatabasesJson(), request);
    }
    simdjson::dom::parser parser;
    std::string_view id;
    if (parser.parse(request.body)["id"].get(id) != simdjson::SUCCESS) {
      return MetadataError(absl::InvalidArgumentError("the body is not JSON with an id"));
    }
    const auto made = account_.CreateDatabase(id, ThroughputOf(request));
    return made.ok() ? Metadata(201, *made) : MetadataError(made.status());
  }
  if (path.size() == 2 && request.method == "GET") {
    const auto json = account_.DatabaseJson(path[1]);
    return json.ok() ? Metadata(200, *json) : MetadataError(json.status());
  }
  if (path.size() == 2 && request.method == "DELETE") {
    const absl::Status status = account_.DeleteDatabase(path[1]);
    return status.ok() ? Metadata(204, "") : MetadataError(status);
  }
  return NoRoute(request);
}

HttpResponse Service::AnswerContainers(const HttpRequest& request, const Path& path) {
  if (request.method == "GET") {
    const auto json = account_.ContainersJson(path[1]);
    return json.ok() ? Metadata(200, *json) : MetadataError(json.status());
  }
  if (request.method != "POST") return NoRoute(request);
  if (request.HeaderIsTrue(header::kIsQuery)) {
    const auto feed = account_.ContainersJson(path[1]);
    return feed.ok() ? AnswerFeedQuery(*feed, request) : MetadataError(feed.status());
  }
  const auto made = account_.CreateContainer(path[1], request.body, ThroughputOf(request));
  return made.ok() ? Metadata(201, (*made)->Json()) : MetadataError(made.status());
}

HttpResponse Service::AnswerContainer(const HttpRequest& request, Container* container) {
  const bool put = request.method == "PUT";
  if (!put && request.method != "GET") return NoRoute(request);
  if (put) {
    const absl::Status status = container->Replace(request.body, request.Header(header::kIfMatch));
    if (!status.ok()) return MetadataError(status);
  }
  HttpResponse response = Metadata(200, container->Json());
  response.Set(header::kEtag, container->Etag());
  if (request.HeaderIsTrue(header::kPopulateQuotaInfo)) SetQuota(*container, &response);
  return response;
}

// A client that has seen the table as it is now asks with its etag and hears 304.
HttpResponse Service::AnswerRanges(const HttpRequest& request, const Container& container) {
  const PartitionTable& table = container.table();
  const std::string etag = absl::StrCat("\"", table.version(), "\"");
  const bool known = request.Header(header::kIfNoneMatch) == etag;
  HttpResponse response =
      known ? HttpResponse{304, {}, {}} : Metadata(200, container.RangesJson(table));
  if (known) SetCharge(charges_.Metadata(), &response);
  response.Set(header::kEtag, etag);
  response.Set(header::kItemCount, absl::StrCat(known ? 0 : table.partitions().size()));
  return response;
}

bool Service::IsStrong(const HttpRequest& request) const {
  const std::string_view asked = request.Header(header::kConsistencyLevel);
  const std::string level(asked.empty() ? std::string_view(settings_.consistency) : asked);
  return level == "Strong" || level == "BoundedStaleness";
}

HttpResponse Service::AnswerItems(const HttpRequest& request, const Container& container,
                                  const Path& path) {
  ThreadState& state = State();
  const std::string_view method = request.method;
  if (!request.Header(header::kPreTrigger).empty() ||
      !request.Header(header::kPostTrigger).empty()) {
    return NotSupported(WhatIsRefused("triggers"));
  }
  if (path.size() == 6) {
    if (method == "GET") return state.items.Read(container, path[5], request, IsStrong(request));
    if (method == "PUT") return state.items.Replace(container, path[5], request);
    if (method == "DELETE") return state.items.Delete(container, path[5], request);
    if (method == "PATCH") return state.items.Patch(container, path[5], request);
    return NoRoute(request);
  }
  if (method == "GET") {
    if (!request.Header(header::kAIm).empty()) {
      return state.changes.Read(container, request, IsStrong(request));
    }
    return state.queries.ReadFeed(container, request, IsStrong(request));
  }
  if (method != "POST") return NoRoute(request);
  if (request.HeaderIsTrue(header::kIsQueryPlanRequest)) {
    return state.queries.Plan(container, request);
  }
  if (request.HeaderIsTrue(header::kIsQuery) ||
      request.Header(header::kContentType).starts_with("application/query+json")) {
    return state.queries.Run(container, request, IsStrong(request));
  }
  if (request.HeaderIsTrue(header::kIsBatchRequest)) {
    return state.batches.Run(container, request, IsStrong(request));
  }
  return state.items.Write(container, request);
}

}  // namespace weir::cosmos::emulator
