// An agent's stream to its coordinator over gRPC: dials, reads, writes, and dials again when told
// to. Threads of its own; what happens is put on an event queue. Owned by the agent's process, used
// from the queue's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

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
  };

  virtual ~ControlStream() = default;  // breaks the stream and joins the threads

  // Tries until somebody answers; on_connected follows. Once at the start, and again after each
  // on_disconnected.
  virtual void Dial() = 0;

  // Never blocks. Dropped where there is no stream; on one that breaks it may be lost.
  virtual void Send(const v1::AgentMessage& message) = 0;

  // Waits until what was sent is written.
  virtual void Flush(std::chrono::milliseconds patience) = 0;
};

// `coordinator` is HOST:PORT.
std::unique_ptr<ControlStream> MakeControlStream(const std::string& coordinator, EventQueue& queue,
                                                 ControlStream::Handlers handlers);

}  // namespace weir
