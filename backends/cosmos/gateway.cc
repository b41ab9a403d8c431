#include "backends/cosmos/gateway.h"

#include <time.h>

#include <utility>

#include "backends/cosmos/http/authority.h"
#include "backends/cosmos/wire/headers.h"
#include "backends/secret.h"
#include "base/status.h"

namespace weir::cosmos {
namespace {

std::string Segment(std::string_view text) {
  std::string segment;
  AppendPathSegment(text, &segment);
  return segment;
}

Resource MakeResource(std::string target, std::string type, std::string link) {
  return {std::move(target), std::move(type), std::move(link)};
}

}  // namespace

void AppendPathSegment(std::string_view text, std::string* out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out->push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out->push_back('%');
    out->push_back(kHex[byte >> 4]);
    out->push_back(kHex[byte & 15]);
  }
}

absl::StatusOr<Gateway> Gateway::FromTarget(const v1::CosmosTarget& target) {
  WEIR_ASSIGN_OR_RETURN(const SecretText secret, ReadSecret(target.key(), "cosmos.key"));
  absl::StatusOr<MasterKey> key = MasterKey::FromBase64(secret.Reveal());
  if (!key.ok()) return Annotate(key.status(), "cosmos.key");
  const absl::StatusOr<Authority> authority = ParseAuthority(target.endpoint());
  if (!authority.ok()) return Annotate(authority.status(), "cosmos.endpoint");
  std::string url = target.endpoint();
  while (url.ends_with('/')) url.pop_back();

  const std::string database_link = "dbs/" + target.database();
  const std::string container_link = database_link + "/colls/" + target.container();
  const std::string database_path = "/dbs/" + Segment(target.database());
  const std::string container_path = database_path + "/colls/" + Segment(target.container());
  return Gateway{
      .http = {std::move(url), target.tls_root_certificate(), target.connect_timeout().ns()},
      .key = *std::move(key),
      .account = MakeResource("/", "", ""),
      .databases = MakeResource("/dbs", "dbs", ""),
      .database = MakeResource(database_path, "dbs", database_link),
      .containers = MakeResource(database_path + "/colls", "colls", database_link),
      .container = MakeResource(container_path, "colls", container_link),
      .documents = MakeResource(container_path + "/docs", "docs", container_link),
      .ranges = MakeResource(container_path + "/pkranges", "pkranges", container_link)};
}

void RequestMaker::RefreshDate() {
  const int64_t second = time(nullptr);
  if (second == date_second_) return;
  date_second_ = second;
  date_ = HttpDate(second);
}

void RequestMaker::Sign(HttpExchange& exchange, std::string_view type, std::string_view link) {
  RefreshDate();
  exchange.headers().Add(header::kDate, date_);
  exchange.headers().Add(
      header::kAuthorization,
      tokens_.Token(gateway_.key, HttpMethodName(exchange.method()), type, link, date_));
}

void RequestMaker::Begin(HttpExchange& exchange, HttpMethod method, const Resource& resource) {
  exchange.Begin(method);
  exchange.target() = resource.target;
  Sign(exchange, resource.type, resource.link);
}

void RequestMaker::BeginDocument(HttpExchange& exchange, HttpMethod method, std::string_view id) {
  exchange.Begin(method);
  exchange.target() = gateway_.documents.target;
  exchange.target().push_back('/');
  AppendPathSegment(id, &exchange.target());
  link_ = gateway_.documents.link;
  link_.append("/docs/").append(id);
  Sign(exchange, gateway_.documents.type, link_);
}

}  // namespace weir::cosmos
