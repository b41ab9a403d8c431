#include "generators/logs_vocabulary.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/check.h"

namespace weir {
namespace {

constexpr std::string_view kDomainNames[] = {
    "checkout",  "cart",     "payment",   "inventory", "catalog",  "search",   "pricing",
    "orders",    "shipping", "returns",   "identity",  "session",  "profile",  "billing",
    "invoice",   "ledger",   "fraud",     "risk",      "email",    "sms",      "push",
    "media",     "upload",   "thumbnail", "feed",      "timeline", "comments", "ratings",
    "wishlist",  "coupons",  "loyalty",   "tax",       "currency", "geo",      "routing",
    "warehouse", "supplier", "analytics", "audit",     "config"};

constexpr std::string_view kRoles[] = {"api", "worker", "gateway", "sync", "store", "stream"};

struct RegionEntry {
  std::string_view name;
  std::string_view code;
};
constexpr RegionEntry kRegions[] = {
    {"us-east-1", "use1"},       {"eu-west-1", "euw1"},    {"us-west-2", "usw2"},
    {"ap-southeast-1", "apse1"}, {"eu-central-1", "euc1"}, {"ap-northeast-1", "apne1"},
    {"us-east-2", "use2"},       {"eu-north-1", "eun1"},   {"ap-south-1", "aps1"},
    {"sa-east-1", "sae1"},       {"ca-central-1", "cac1"}, {"eu-west-2", "euw2"},
    {"ap-southeast-2", "apse2"}, {"eu-west-3", "euw3"},    {"us-west-1", "usw1"},
    {"ap-northeast-2", "apne2"}, {"eu-south-1", "eus1"},   {"af-south-1", "afs1"},
    {"me-south-1", "mes1"},      {"ap-east-1", "ape1"}};

struct RouteShape {
  std::string_view method;
  std::string_view suffix;
};
constexpr RouteShape kRouteShapes[kRoutesPerService] = {{"GET", "/{id}"},
                                                        {"GET", ""},
                                                        {"POST", ""},
                                                        {"PUT", "/{id}"},
                                                        {"GET", "/{id}/items"},
                                                        {"POST", "/search"},
                                                        {"PATCH", "/{id}/status"},
                                                        {"DELETE", "/{id}"},
                                                        {"POST", "/batch"},
                                                        {"GET", "/{id}/history"}};

constexpr std::string_view kDebugTemplates[] = {
    "cache lookup key={id} hit=true age={number}s",
    "cache lookup key={id} hit=false, asking {service}",
    "acquired connection {number} of pool primary after {duration}",
    "parsed request body of {bytes} bytes",
    "{route} matched, handing over to handler {number}",
    "token {id} valid for another {number}s",
    "SELECT returned {number} rows in {duration}",
    "feature flag rollout-{number} is on for user {user}",
    "gc: freed {number} KiB in {duration}",
    "retry budget {number}, window {duration}",
    "span {id} closed",
    "serialised response, {bytes} bytes"};

constexpr std::string_view kInfoTemplates[] = {
    "{route} completed with {status} in {latency}",
    "{route} {status} {bytes}B {latency} from {address}",
    "user {user} signed in from {address}",
    "user {user} searched for {phrase}, {number} results",
    "job {id} finished: {number} items in {duration}",
    "job {id} started on {host}",
    "published event {id} to topic {service}.events, partition {number}",
    "consumed batch of {number} events, lag {duration}",
    "order {id} accepted, {number} lines",
    "payment {id} authorised, amount {number}.00 EUR",
    "cache refreshed: {number} entries in {duration}",
    "configuration reloaded, revision {number}",
    "health check ok, {number} connections open",
    "session {id} of user {user} extended",
    "upload {id} complete: {bytes} bytes in {duration}",
    "scheduled task compaction ran for {duration}",
    "response from {service} in {duration}",
    "message to user {user} queued: {phrase}",
    "connection from {address} accepted",
    "deployed build {id} on {host}"};

constexpr std::string_view kWarnTemplates[] = {
    "{route} answered {status} after {latency}",
    "slow query: {duration}, {number} rows examined",
    "retrying call to {service}, attempt {number}: timeout after {duration}",
    "connection pool exhausted, {number} waiting",
    "rate limit near for user {user}: {number} requests",
    "invalid field \"quantity\" in request {id}: {phrase}",
    "deprecated endpoint called from {address}",
    "certificate of {service} expires in {number} hours",
    "clock skew of {duration} against {service}",
    "queue depth {number} above threshold on {host}",
    "token {id} rejected for user {user}: expired",
    "circuit to {service} half open"};

constexpr std::string_view kErrorTemplates[] = {
    "{route} failed with {status} after {latency}",
    "call to {service} timed out after {duration} (request {id})",
    "connection refused by {address}:{number}",
    "could not parse response of {service}: unexpected token at byte {number}",
    "deadlock detected on order {id}, transaction rolled back",
    "duplicate key value violates unique constraint \"{id}\"",
    "payment {id} declined by provider: {phrase}",
    "java.lang.IllegalStateException: {phrase}\n\tat "
    "com.example.Handler.run(Handler.java:{number})",
    "upstream {service} returned {status}, body {bytes} bytes",
    "disk write failed on {host}: C:\\data\\segment-{number}.log: no space left on device",
    "circuit to {service} opened after {number} failures",
    "message {id} moved to dead letter queue after {number} attempts",
    "could not render template for user {user}: {phrase}",
    "TLS handshake with {address} failed: certificate has expired"};

constexpr std::string_view kFatalTemplates[] = {
    "out of memory: cannot allocate {bytes} bytes on {host}",
    "cannot bind to {address}:{number}: address already in use",
    "configuration revision {number} is invalid, shutting down",
    "lost leadership of {service} after {duration}, exiting"};

struct SlotName {
  std::string_view name;
  Slot slot;
};
constexpr SlotName kSlotNames[] = {{"number", Slot::kNumber},   {"id", Slot::kId},
                                   {"address", Slot::kAddress}, {"host", Slot::kHost},
                                   {"route", Slot::kRoute},     {"status", Slot::kStatus},
                                   {"latency", Slot::kLatency}, {"duration", Slot::kDuration},
                                   {"bytes", Slot::kBytes},     {"user", Slot::kUser},
                                   {"service", Slot::kService}, {"phrase", Slot::kPhrase}};

Slot SlotNamed(std::string_view name) {
  for (const SlotName& entry : kSlotNames) {
    if (entry.name == name) return entry.slot;
  }
  WEIR_CHECK(!"unknown slot in a message template");
  return Slot::kNone;
}

MessageTemplate Parse(std::string_view text) {
  MessageTemplate fragments;
  while (!text.empty()) {
    const size_t open = text.find('{');
    if (open == text.npos) {
      fragments.push_back({text, Slot::kNone});
      break;
    }
    const size_t close = text.find('}', open);
    WEIR_CHECK(close != text.npos);
    fragments.push_back({text.substr(0, open), SlotNamed(text.substr(open + 1, close - open - 1))});
    text.remove_prefix(close + 1);
  }
  return fragments;
}

template <size_t kSize>
std::vector<MessageTemplate> ParseAll(const std::string_view (&texts)[kSize]) {
  std::vector<MessageTemplate> templates;
  for (std::string_view text : texts) templates.push_back(Parse(text));
  return templates;
}

}  // namespace

const uint32_t kDomains = std::size(kDomainNames);

const std::array<std::string_view, kPhrases> kPhraseTexts = {
    "\"blue shoes\"",       "\"crème brûlée\"", "\"it's late\"",      "\"größe 42\"",
    "\"C:\\\\temp\"",       "\"東京 タワー\"",  "\"50% off, today\"", "\"naïve résumé\"",
    "\"<b>bold</b> & co\"", "\"a;b,c|d\"",      "\"emoji 🚲 bell\"",   "\"tab\there\"",
    "\"O'Brien\"",          "\"path/to/../x\"", "\"Привет\"",         "\"x = y\\n\""};

std::string ServiceName(uint32_t service) {
  const uint32_t role = service / kDomains % std::size(kRoles);
  const uint32_t generation = service / kDomains / std::size(kRoles);
  std::string name(kDomainNames[DomainOfService(service)]);
  name.append("-").append(kRoles[role]);
  if (generation > 0) absl::StrAppend(&name, "-", generation + 1);
  return name;
}

uint32_t DomainOfService(uint32_t service) { return service % kDomains; }

RegionName NameOfRegion(uint32_t region) {
  if (region < std::size(kRegions)) {
    return {std::string(kRegions[region].name), std::string(kRegions[region].code)};
  }
  return {absl::StrCat("edge-", region), absl::StrCat("edge", region)};
}

std::vector<Route> RoutesOfDomain(uint32_t domain) {
  std::vector<Route> routes;
  for (const RouteShape& shape : kRouteShapes) {
    std::string path = "/v1/";
    path.append(kDomainNames[domain]).append(shape.suffix);
    routes.push_back({shape.method, std::move(path)});
  }
  return routes;
}

const std::vector<MessageTemplate>& TemplatesOf(LogLevel level) {
  static const std::array<std::vector<MessageTemplate>, kLogLevels>& templates =
      *new std::array<std::vector<MessageTemplate>, kLogLevels>{
          ParseAll(kDebugTemplates), ParseAll(kInfoTemplates), ParseAll(kWarnTemplates),
          ParseAll(kErrorTemplates), ParseAll(kFatalTemplates)};
  return templates[static_cast<int>(level)];
}

}  // namespace weir
