// An agent that waits to be dialled (service Agent): one port, and one run after another. A run has
// one coordinator, known by its certificate or its token, and may break its stream and come back;
// another run's is told that the agent is busy. Threads of its own; owned by the agent's process.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "control/control_security.h"

#include "agent/control_stream.h"
#include "base/event_queue.h"

namespace weir {

class ControlListener {
 public:
  virtual ~ControlListener() = default;
  virtual int port() const = 0;

  // The stream of the next run. One at a time; it may not outlive the listener. Dial() lets the
  // run's coordinator in; a coordinator that comes back replaces its stream, and on_connected is
  // called anew.
  virtual std::unique_ptr<ControlStream> Await(EventQueue& queue,
                                               ControlStream::Handlers handlers) = 0;
};

// Port 0 takes a free one. kUnavailable when the address cannot be listened on.
absl::StatusOr<std::unique_ptr<ControlListener>> StartControlListener(
    const ControlAddress& address, const ControlSecurity& security);

}  // namespace weir
