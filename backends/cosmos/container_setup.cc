#include "backends/cosmos/container_setup.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/container_survey.h"
#include "backends/cosmos/json_lookup.h"
#include "backends/cosmos/wire/headers.h"
#include "base/status.h"

namespace weir::cosmos {
namespace {

using nlohmann::json;

// What the schema's indexes name and what its queries search and sort by.
std::set<int> QueriedFields(const RecordSchema& schema) {
  std::set<int> fields;
  for (const std::vector<int>& index : schema.indexes) fields.insert(index.begin(), index.end());
  for (const QuerySpec& query : schema.queries) {
    for (const Condition& condition : query.where) fields.insert(condition.field);
    if (query.order_by_field >= 0) fields.insert(query.order_by_field);
  }
  fields.erase(schema.id_field);  // always indexed
  return fields;
}

json QueriedPolicy(const DocumentForm& form) {
  json included = json::array();
  for (int field : QueriedFields(form.schema())) {
    included.push_back({{"path", absl::StrCat("/", std::string(form.PropertyName(field)), "/?")}});
  }
  return {{"indexingMode", "consistent"},
          {"automatic", true},
          {"includedPaths", included},
          {"excludedPaths", json::array({{{"path", "/*"}}})}};
}

json PolicyOf(v1::IndexSet indexes, const DocumentForm& form) {
  switch (indexes) {
    case v1::INDEX_SET_NONE:
      return {{"indexingMode", "none"}, {"automatic", false}};
    case v1::INDEX_SET_ALL:
      return {{"indexingMode", "consistent"},
              {"automatic", true},
              {"includedPaths", json::array({{{"path", "/*"}}})},
              {"excludedPaths", json::array({{{"path", "/\"_etag\"/?"}}})}};
    default:
      return QueriedPolicy(form);
  }
}

std::string KeyPath(const DocumentForm& form) {
  return absl::StrCat("/", std::string(form.PropertyName(form.partition_field())));
}

// Somebody else may create it at the same time.
absl::Status UnlessThere(const absl::Status& created) {
  return absl::IsAlreadyExists(created) ? absl::OkStatus() : created;
}

void AddCapacity(const v1::CosmosTarget& target, HttpHeaders* headers) {
  switch (target.capacity()) {
    case v1::COSMOS_CAPACITY_SERVERLESS:
      return;
    case v1::COSMOS_CAPACITY_AUTOSCALE:
      headers->Add(header::kAutopilotSettings, json{{"maxThroughput", target.throughput()}}.dump());
      return;
    default:
      headers->Add(header::kOfferThroughput, std::to_string(target.throughput()));
  }
}

absl::Status CreateContainer(const v1::CosmosTarget& target, const Container& container,
                             ControlClient* client) {
  HttpExchange& exchange = client->Begin(HttpMethod::kPost, container.gateway.containers);
  exchange.headers().Add(header::kContentType, kJsonContentType);
  AddCapacity(target, &exchange.headers());
  const json key = {
      {"paths", json::array({KeyPath(container.form)})}, {"kind", "Hash"}, {"version", 2}};
  exchange.body() = json{{"id", target.container()},
                         {"partitionKey", key},
                         {"indexingPolicy", PolicyOf(target.indexes(), container.form)}}
                        .dump();
  return client->Perform(absl::StrCat("creating the container ", target.container()));
}

absl::Status DropContainer(const v1::CosmosTarget& target, const Container& container,
                           ControlClient* client) {
  client->Begin(HttpMethod::kDelete, container.gateway.container);
  return client->PerformIfFound(absl::StrCat("deleting the container ", target.container()))
      .status();
}

// Requests would name a key that the container does not have.
absl::Status CheckPartitionKey(const v1::CosmosTarget& target, const Container& container,
                               ControlClient* client) {
  const json found = json::parse(client->exchange().answer(), nullptr, false);
  const json paths = LookUp(found, "/partitionKey/paths");
  if (paths == json::array({KeyPath(container.form)})) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the container ", target.container(), " exists with the partition key ",
                   paths.dump(), ", the campaign asks for ", KeyPath(container.form)));
}

absl::Status CreateContainerIfMissing(const v1::CosmosTarget& target, const Container& container,
                                      ControlClient* client) {
  client->Begin(HttpMethod::kGet, container.gateway.container);
  WEIR_ASSIGN_OR_RETURN(const bool found, client->PerformIfFound("looking for the container"));
  if (found) return CheckPartitionKey(target, container, client);
  return UnlessThere(CreateContainer(target, container, client));
}

}  // namespace

absl::Status CreateDatabase(const v1::CosmosTarget& target, const Gateway& gateway,
                            ControlClient* client) {
  client->Begin(HttpMethod::kGet, gateway.database);
  WEIR_ASSIGN_OR_RETURN(const bool found, client->PerformIfFound("looking for the database"));
  if (found) return absl::OkStatus();
  HttpExchange& exchange = client->Begin(HttpMethod::kPost, gateway.databases);
  exchange.headers().Add(header::kContentType, kJsonContentType);
  exchange.body() = json{{"id", target.database()}}.dump();
  return UnlessThere(client->Perform(absl::StrCat("creating the database ", target.database())));
}

std::string IndexingPolicy(v1::IndexSet indexes, const DocumentForm& form) {
  return PolicyOf(indexes, form).dump();
}

absl::Status ReadRanges(Container* container, ControlClient* client) {
  client->Begin(HttpMethod::kGet, container->gateway.ranges);
  WEIR_RETURN_IF_ERROR(client->Perform("reading the container's partitions"));
  WEIR_ASSIGN_OR_RETURN(PartitionRanges ranges,
                        PartitionRanges::Parse(client->exchange().answer()));
  container->ranges.Set(std::move(ranges));
  return absl::OkStatus();
}

absl::Status SetUpContainer(const v1::CosmosTarget& target, bool create, Container* container,
                            ControlClient* client) {
  WEIR_RETURN_IF_ERROR(CreateDatabase(target, container->gateway, client));
  if (create) {
    WEIR_ASSIGN_OR_RETURN(const Standing standing, SurveyContainer(target, container, client));
    if (standing.foreign) return WontDrop(standing);
    WEIR_RETURN_IF_ERROR(DropContainer(target, *container, client));
    WEIR_RETURN_IF_ERROR(CreateContainer(target, *container, client));
  } else {
    WEIR_RETURN_IF_ERROR(CreateContainerIfMissing(target, *container, client));
  }
  return ReadRanges(container, client);
}

}  // namespace weir::cosmos
