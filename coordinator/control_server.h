// The gRPC side of the coordinator: agents dial in, each holds one stream. What arrives is put on
// an event queue; sending never blocks. Send may be called from the queue's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "base/event_queue.h"
#include "coordinator/run_port.h"
#include "proto/control.pb.h"

namespace weir {

class ControlServer {
 public:
  // Called on the queue's thread. Times of arrival are on the monotonic clock.
  struct Handlers {
    std::function<void(ConnectionId, const v1::AgentMessage&, int64_t arrived_ns)> on_message;
    std::function<void(ConnectionId)> on_disconnected;
  };

  virtual ~ControlServer() = default;  // ends all streams
  virtual int port() const = 0;
  virtual void Send(ConnectionId connection, const v1::CoordinatorMessage& message) = 0;
};

// `address` is HOST:PORT; port 0 takes a free one. kUnavailable when it cannot be listened on.
absl::StatusOr<std::unique_ptr<ControlServer>> StartControlServer(const std::string& address,
                                                                  EventQueue& queue,
                                                                  ControlServer::Handlers handlers);

}  // namespace weir
