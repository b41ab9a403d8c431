#include "backends/cosmos/container_throughput.h"

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/json_lookup.h"
#include "backends/cosmos/wire/headers.h"
#include "base/status.h"

namespace weir::cosmos {
namespace {

using nlohmann::json;

constexpr char kMaxThroughput[] = "/content/offerAutopilotSettings/maxThroughput";

std::string TextAt(const json& object, const char* pointer) {
  const json found = LookUp(object, pointer);
  return found.is_string() ? found.get<std::string>() : "";
}

Offer Understand(const json& document, bool pending) {
  Offer offer{.pending = pending, .json = document.dump(), .rid = TextAt(document, "/_rid")};
  const json most = LookUp(document, kMaxThroughput);
  offer.autoscale = most.is_number_unsigned();
  const json ru = offer.autoscale ? most : LookUp(document, "/content/offerThroughput");
  if (ru.is_number_unsigned()) offer.ru = ru.get<uint64_t>();
  return offer;
}

Resource OfferResource(const std::string& rid) {
  // Offers are signed by their rid in lower case.
  return {absl::StrCat("/offers/", rid), "offers", absl::AsciiStrToLower(rid)};
}

absl::StatusOr<json> Parsed(ControlClient* client, absl::string_view doing) {
  WEIR_RETURN_IF_ERROR(client->Perform(doing));
  json answer = json::parse(client->exchange().answer(), nullptr, false);
  if (answer.is_discarded()) {
    return absl::InternalError(absl::StrCat(doing, ": the answer is not JSON"));
  }
  return answer;
}

bool Pending(ControlClient* client) {
  return client->exchange().answer_headers().offer_replace_pending;
}

}  // namespace

absl::StatusOr<Offer> ReadOffer(const std::string& container_link, ControlClient* client) {
  const Resource offers{"/offers", "offers", ""};
  HttpExchange& exchange = client->Begin(HttpMethod::kPost, offers);
  exchange.headers().Add(header::kContentType, kQueryContentType);
  exchange.headers().Add(header::kIsQuery, "true");
  const json link = {{"name", "@link"}, {"value", container_link}};
  exchange.body() = json{{"query", "SELECT * FROM root WHERE root.resource = @link"},
                         {"parameters", json::array({link})}}
                        .dump();
  WEIR_ASSIGN_OR_RETURN(const json found, Parsed(client, "looking for the throughput"));
  const std::string rid = TextAt(found, "/Offers/0/_rid");
  if (rid.empty()) {
    return absl::NotFoundError(
        "the container has no throughput of its own (it shares its database's, or the account is "
        "serverless)");
  }
  // Only the offer itself tells whether it is being changed.
  client->Begin(HttpMethod::kGet, OfferResource(rid));
  WEIR_ASSIGN_OR_RETURN(const json document, Parsed(client, "reading the throughput"));
  return Understand(document, Pending(client));
}

absl::StatusOr<Offer> ReplaceOffer(const Offer& offer, uint64_t ru, ControlClient* client) {
  json document = json::parse(offer.json);
  if (offer.autoscale) {
    document["content"]["offerAutopilotSettings"]["maxThroughput"] = ru;
  } else {
    document["content"]["offerThroughput"] = ru;
  }
  HttpExchange& exchange = client->Begin(HttpMethod::kPut, OfferResource(offer.rid));
  exchange.headers().Add(header::kContentType, kJsonContentType);
  exchange.body() = document.dump();
  WEIR_ASSIGN_OR_RETURN(const json answer,
                        Parsed(client, absl::StrCat("changing the throughput to ", ru, " RU/s")));
  return Understand(answer, Pending(client));
}

absl::StatusOr<Throughput> Provision(const Gateway& gateway, uint64_t ru, ControlClient* client) {
  client->Begin(HttpMethod::kGet, gateway.container);
  WEIR_ASSIGN_OR_RETURN(const json container, Parsed(client, "reading the container"));
  WEIR_ASSIGN_OR_RETURN(Offer offer, ReadOffer(TextAt(container, "/_self"), client));
  if (ru != 0 && ru != offer.ru) {
    WEIR_ASSIGN_OR_RETURN(offer, ReplaceOffer(offer, ru, client));
  }
  client->Begin(HttpMethod::kGet, gateway.ranges);
  WEIR_ASSIGN_OR_RETURN(const json ranges, Parsed(client, "reading the partition ranges"));
  return Throughput{
      .ru = offer.ru,
      .pending = offer.pending,
      .physical_partitions = static_cast<uint32_t>(LookUp(ranges, "/PartitionKeyRanges").size())};
}

}  // namespace weir::cosmos
