// The gRPC side of the coordinator: agents dial in, each holds one stream. What arrives is put on
// an event queue; sending never blocks. Send may be called from the queue's thread.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "control/control_security.h"

#include "base/event_queue.h"
#include "coordinator/run_port.h"
#include "coordinator/stream_peer.h"
#include "proto/control.pb.h"

namespace weir {

// The streams of agents, whoever dialled whom.
class AgentStreams {
 public:
  // Called on the queue's thread. Times of arrival are on the monotonic clock.
  struct Handlers {
    // Before the first message of a stream. Without it nobody but agents gets one.
    std::function<void(ConnectionId, StreamPeer)> on_opened;
    // An AgentMessage in its wire format, whatever the bytes are worth; they live as long as the
    // call.
    std::function<void(ConnectionId, std::string_view, int64_t arrived_ns)> on_bytes;
    std::function<void(ConnectionId)> on_disconnected;
  };

  virtual ~AgentStreams() = default;  // ends all streams
  virtual void Send(ConnectionId connection, const v1::CoordinatorMessage& message) = 0;
};

class ControlServer : public AgentStreams {
 public:
  virtual int port() const = 0;
  // on_disconnected follows, where there was such a stream. What is not written by now never will
  // be.
  virtual void End(ConnectionId connection) = 0;
};

// Port 0 takes a free one. With TLS only who has an agent's or a relay's certificate of the run's
// authority gets a stream. kUnavailable when the address cannot be listened on.
absl::StatusOr<std::unique_ptr<ControlServer>> StartControlServer(const ControlAddress& address,
                                                                  const ControlSecurity& security,
                                                                  EventQueue& queue,
                                                                  ControlServer::Handlers handlers);

}  // namespace weir
