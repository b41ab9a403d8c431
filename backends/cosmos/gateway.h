// Where a target's requests go and how they are signed. Gateway is immutable; any thread. A
// RequestMaker belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "backends/cosmos/http/http_engine.h"
#include "backends/cosmos/wire/signature.h"
#include "proto/campaign.pb.h"

namespace weir::cosmos {

// A resource of the REST protocol in the three forms a request needs.
struct Resource {
  std::string target;  // "/dbs/D/colls/C/docs", percent-encoded
  std::string type;    // "docs"
  std::string link;    // "dbs/D/colls/C", as signed
};

struct Gateway {
  static absl::StatusOr<Gateway> FromTarget(const v1::CosmosTarget& target);

  HttpSettings http;
  MasterKey key;
  Resource account;
  Resource databases;
  Resource database;
  Resource containers;
  Resource container;
  Resource documents;
  Resource ranges;
};

// Percent-encodes what may not stand in one segment of a path.
void AppendPathSegment(std::string_view text, std::string* out);

class RequestMaker {
 public:
  explicit RequestMaker(const Gateway& gateway) : gateway_(gateway) {}

  // Begins the exchange, with target, date and signature.
  void Begin(HttpExchange& exchange, HttpMethod method, const Resource& resource);
  void BeginDocument(HttpExchange& exchange, HttpMethod method, std::string_view id);

  const Gateway& gateway() const { return gateway_; }

 private:
  void Sign(HttpExchange& exchange, std::string_view type, std::string_view link);
  void RefreshDate();

  const Gateway& gateway_;
  int64_t date_second_ = -1;
  std::string date_;
  std::string link_;
  TokenCache tokens_;
};

}  // namespace weir::cosmos
