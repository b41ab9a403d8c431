// The throughput that a container is provisioned with, its offer: read and changed over REST.
// Blocking; one thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "backends/api/backend.h"
#include "backends/cosmos/control_client.h"

namespace weir::cosmos {

struct Offer {
  uint64_t ru = 0;  // RU/s; of autoscale, the maximum
  bool autoscale = false;
  bool pending = false;  // a change is being carried out
  std::string json;      // as the server has it
  std::string rid;
};

// `container_link` is the container's _self. kNotFound when it has no throughput of its own: it
// shares its database's, or the account is serverless.
absl::StatusOr<Offer> ReadOffer(const std::string& container_link, ControlClient* client);

// Manual stays manual, autoscale stays autoscale. What the server then says.
absl::StatusOr<Offer> ReplaceOffer(const Offer& offer, uint64_t ru, ControlClient* client);

// As Backend::ChangeThroughput and ReadThroughput; `ru` 0 changes nothing.
absl::StatusOr<Throughput> Provision(const Gateway& gateway, uint64_t ru, ControlClient* client);

}  // namespace weir::cosmos
