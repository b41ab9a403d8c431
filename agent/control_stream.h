// An agent's stream to its coordinator over gRPC: dials, reads, writes, and dials again when told
// to. Threads of its own; what happens is put on an event queue. Owned by the agent's process, used
// from the queue's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/control_security.h"

#include "base/event_queue.h"
#include "proto/control.pb.h"

namespace weir {

class ControlStream {
 public:
  // Called on the queue's thread. Times of arrival are on the monotonic clock.
  struct Handlers {
    std::function<void()> on_connected;
    std::function<void(const v1::CoordinatorMessage&, int64_t arrived_ns)> on_message;
    std::function<void()> on_disconnected;
    // The other end can never be ours: `why` is for a person. No stream follows.
    std::function<void(const std::string& why)> on_refused;
  };

  virtual ~ControlStream() = default;  // breaks the stream and joins the threads

  // Tries until somebody answers; on_connected or on_refused follows. Once at the start, again
  // after each on_disconnected, and on a stream that has fallen silent, which is given up: nothing
  // follows of it.
  virtual void Dial() = 0;

  // Never blocks. Dropped where there is no stream; on one that breaks it may be lost.
  virtual void Send(const v1::AgentMessage& message) = 0;

  // Waits until what was sent is written.
  virtual void Flush(std::chrono::milliseconds patience) = 0;

  // Why there is no stream, as far as is known; empty when there is, or nothing has been tried.
  virtual std::string Trouble() const = 0;
};

// With TLS it talks to nobody but a coordinator of the run's authority, or a relay in its place.
// Where there are several addresses they are dialled in turn, the next where one does not answer or
// its stream has ended.
std::unique_ptr<ControlStream> MakeControlStream(const std::vector<ControlAddress>& coordinators,
                                                 const ControlSecurity& security, EventQueue& queue,
                                                 ControlStream::Handlers handlers);

}  // namespace weir
