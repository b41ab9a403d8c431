// A relay's stream to its coordinator over gRPC. Threads of its own; what happens is put on an
// event queue, from whose thread it is used.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "control/control_security.h"

#include "base/event_queue.h"
#include "proto/control.pb.h"

namespace weir {

class RelayUplink {
 public:
  // Called on the queue's thread, and never for a stream that another has taken the place of.
  struct Handlers {
    std::function<void()> on_connected;  // what is sent from now on waits for the connection
    std::function<void(const v1::CoordinatorMessage&)> on_message;
    std::function<void()> on_sent;  // all that was sent is written
    std::function<void()> on_disconnected;
    // The other end can never be ours: `why` is for a person.
    std::function<void(const std::string& why)> on_refused;
  };

  virtual ~RelayUplink() = default;  // breaks the stream and waits for its end
  virtual void Dial() = 0;           // breaks the stream that there is
  virtual void Send(const v1::AgentMessage& message) = 0;  // never blocks; dropped without a stream
  virtual std::string Trouble() const = 0;                 // why the latest stream ended
};

// With TLS it talks to nobody but a coordinator of the run's authority.
std::unique_ptr<RelayUplink> MakeRelayUplink(const ControlAddress& coordinator,
                                             const ControlSecurity& security, EventQueue& queue,
                                             RelayUplink::Handlers handlers);

}  // namespace weir
