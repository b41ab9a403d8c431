#include "backends/cosmos/container_disclosure.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "backends/cosmos/container_setup.h"
#include "backends/cosmos/container_throughput.h"
#include "backends/cosmos/json_lookup.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos {
namespace {

using nlohmann::json;

std::string HostOf(const std::string& url) {
  const size_t start = url.find("//") + 2;
  return url.substr(start, url.find('/', start) - start);
}

std::string TextAt(const json& object, const char* pointer) {
  const json found = LookUp(object, pointer);
  if (found.is_string()) return found.get<std::string>();
  return found.is_null() ? "unknown" : found.dump();
}

absl::StatusOr<json> Get(ControlClient* client, const Resource& resource, absl::string_view doing) {
  client->Begin(HttpMethod::kGet, resource);
  WEIR_RETURN_IF_ERROR(client->Perform(doing));
  return json::parse(client->exchange().answer(), nullptr, false);
}

std::string ThroughputText(const v1::CosmosTarget& target, const Offer& offer) {
  if (offer.ru == 0 && target.capacity() == v1::COSMOS_CAPACITY_SERVERLESS) {
    return "serverless: nothing is provisioned; every request unit is billed";
  }
  if (offer.ru == 0) return "not told, or not the container's own";
  if (!offer.autoscale) return absl::StrCat(offer.ru, " RU/s, manual");
  return absl::StrCat("autoscale up to ", offer.ru,
                      " RU/s; each hour is billed at its busiest second, at least at ",
                      offer.ru / 10, " RU/s");
}

// Direct mode is what Microsoft's .NET and Java libraries use by default.
std::string ModeText(const Gateway& gateway) {
  const bool tls = gateway.http.url.starts_with("https:");
  return absl::StrCat("gateway mode over ", tls ? "HTTPS" : "HTTP",
                      "/1.1; direct mode not measured");
}

// told: the header x-weir-charge-basis, "modelled" or "modelled; calibrated …".
std::string ChargeBasisText(std::string_view told) {
  if (told.empty()) return "x-ms-request-charge of the server";
  std::string text = "modelled by the emulator, not Azure's meter";
  if (const size_t more = told.find("; "); more != std::string_view::npos)
    text += told.substr(more);
  return text;
}

std::string ConsistencyText(const std::string& asked, const json& account) {
  const std::string own = TextAt(account, "/userConsistencyPolicy/defaultConsistencyLevel");
  return asked.empty() ? absl::StrCat(own, " (the account's)")
                       : absl::StrCat(asked, " (asked for; the account's is ", own, ")");
}

// "West Europe (write), North Europe": as the account lists them; empty when it lists none.
std::string RegionsText(const json& account) {
  std::set<std::string> writable;
  for (const json& place : LookUp(account, "/writableLocations")) {
    writable.insert(TextAt(place, "/name"));
  }
  std::vector<std::string> regions;
  for (const json& place : LookUp(account, "/readableLocations")) {
    const std::string name = TextAt(place, "/name");
    regions.push_back(writable.contains(name) ? name + " (write)" : name);
  }
  return absl::StrJoin(regions, ", ");
}

constexpr int kRoundTrips = 3;

// The least of several reads of the account: the gateway answers them without a partition.
std::string RoundTripText(const Gateway& gateway, ControlClient* client) {
  int64_t least_ns = std::numeric_limits<int64_t>::max();
  for (int i = 0; i < kRoundTrips; ++i) {
    const int64_t before_ns = MonotonicNs();
    if (!Get(client, gateway.account, "reading the account").ok()) return "";
    least_ns = std::min(least_ns, MonotonicNs() - before_ns);
  }
  return absl::StrFormat("%.3f ms, the least of %d reads of the account",
                         static_cast<double>(least_ns) / 1e6, kRoundTrips);
}

// What the emulator says of itself, and only it.
bool IsSynced(const json& account) { return TextAt(account, "/weirDurability") == "synced"; }

std::string EmulatorCaution(const json& account) {
  return absl::StrCat("a local emulator that ",
                      IsSynced(account) ? "syncs writes to one disk" : "keeps everything in memory",
                      ": its response times are not Azure's");
}

std::string EmulatorDurability(const json& account) {
  return IsSynced(account) ? "one copy: the emulator syncs each write before it answers"
                           : "none: the emulator keeps everything in memory";
}

}  // namespace

absl::StatusOr<uint64_t> StoredBytes(const Gateway& gateway, ControlClient* client) {
  HttpExchange& exchange = client->Begin(HttpMethod::kGet, gateway.container);
  exchange.headers().Add(header::kPopulateQuotaInfo, "true");
  WEIR_RETURN_IF_ERROR(client->Perform("measuring the container"));
  const uint64_t kb = client->exchange().answer_headers().stored_kb;
  if (kb == 0) return absl::UnimplementedError("the container's size is not told");
  return kb * 1024;
}

absl::StatusOr<Disclosure> DiscloseContainer(const v1::CosmosTarget& target, Container* container,
                                             ControlClient* client) {
  const Gateway& gateway = container->gateway;
  WEIR_ASSIGN_OR_RETURN(const json account, Get(client, gateway.account, "reading the account"));
  WEIR_ASSIGN_OR_RETURN(const json facts, Get(client, gateway.container, "reading the container"));
  const std::string charge_basis = client->exchange().answer_headers().charge_basis;
  const bool modelled = !charge_basis.empty();
  WEIR_RETURN_IF_ERROR(ReadRanges(container, client));
  const size_t partitions = container->ranges.Get()->size();
  // An offer that cannot be read is one that nothing is said about.
  const Offer offer = ReadOffer(TextAt(facts, "/_self"), client).value_or(Offer());

  Disclosure disclosure;
  disclosure.provisioned_ru = offer.ru;
  disclosure.physical_partitions = static_cast<uint32_t>(partitions);
  disclosure.charge_basis = ChargeBasisText(charge_basis);
  const auto add = [&disclosure](const char* name, std::string value) {
    disclosure.facts.push_back({"Cosmos DB", name, std::move(value)});
  };
  add("endpoint", HostOf(gateway.http.url));
  add("account", TextAt(account, "/id"));
  add("mode", ModeText(gateway));
  add("TLS", gateway.http.url.starts_with("https:") ? "yes" : "no");
  add("REST version", std::string(kApiVersion));
  add("consistency", ConsistencyText(container->consistency, account));
  add("throughput", ThroughputText(target, offer));
  add("congestion control",
      target.congestion_control() ? "on: each agent paces each physical partition" : "off");
  add("physical partitions", absl::StrCat(partitions));
  add("partition key", TextAt(facts, "/partitionKey/paths/0"));
  add("indexing policy", TextAt(facts, "/indexingPolicy"));
  if (const std::string regions = RegionsText(account); !regions.empty()) add("regions", regions);
  add("round trip", RoundTripText(gateway, client));
  add("write answers", target.minimal_response() ? "without the document" : "with the document");
  add("page size", absl::StrCat(target.page_size()));
  add("charge basis", disclosure.charge_basis);
  add("durability", modelled ? EmulatorDurability(account) : "not told over REST");
  if (modelled) disclosure.caution = EmulatorCaution(account);
  return disclosure;
}

}  // namespace weir::cosmos
