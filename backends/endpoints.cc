#include "backends/endpoints.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "backends/cosmos/http/authority.h"

namespace weir {
namespace {

// libpq takes several hosts, separated by commas, and tries them all.
std::vector<Endpoint> PostgresEndpoints(const v1::PostgresTarget& postgres) {
  std::vector<Endpoint> endpoints;
  for (const absl::string_view host : absl::StrSplit(postgres.host(), ',')) {
    const bool socket = host.empty() || host[0] == '/' || host[0] == '@';
    endpoints.push_back({std::string(host.data(), host.size()),
                         static_cast<uint16_t>(socket ? 0 : postgres.port())});
  }
  return endpoints;
}

}  // namespace

absl::StatusOr<std::vector<Endpoint>> EndpointsOf(const v1::Target& target) {
  switch (target.backend_case()) {
    case v1::Target::kNull:
    case v1::Target::kSqlite:
      return std::vector<Endpoint>();
    case v1::Target::kPostgres:
      return PostgresEndpoints(target.postgres());
    case v1::Target::kCosmos: {
      const auto authority = cosmos::ParseAuthority(target.cosmos().endpoint());
      if (!authority.ok()) return authority.status();
      return std::vector<Endpoint>{{authority->host, authority->port}};
    }
    case v1::Target::BACKEND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(absl::StrCat("target ", target.name(), " names no backend"));
}

}  // namespace weir
