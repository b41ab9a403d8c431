// gRPC's health service (grpc.health.v1) on a port of its own, in plain text: for schedulers whose
// probes know no TLS. Says SERVING for as long as it lives, and offers nothing else.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "control/control_address.h"

namespace weir {

class HealthServer {
 public:
  virtual ~HealthServer() = default;
  virtual int port() const = 0;
};

// Port 0 takes a free one. kUnavailable when the address cannot be listened on.
absl::StatusOr<std::unique_ptr<HealthServer>> StartHealthServer(const ControlAddress& address);

}  // namespace weir
