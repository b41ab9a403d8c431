// Agents that wait to be dialled: dials each, and again where a stream ends or what was sent is not
// answered, until it is destroyed.
// An agent that has no index of its own gets its place in the list. Threads of its own; what
// happens is put on the event queue, from whose thread Send is called.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/control_security.h"

#include "base/event_queue.h"
#include "coordinator/control_server.h"

namespace weir {

struct DialledAgents {
  std::vector<ControlAddress> addresses;
  ControlSecurity security;  // with TLS nobody but an agent of the run's authority is talked to
  std::string run_id;
  int64_t silence_ns = 0;  // after which nobody seems to answer; 0: never
};

// `on_trouble` says, on the queue's thread, why an agent cannot be had; each reason once.
std::unique_ptr<AgentStreams> DialAgents(DialledAgents agents, EventQueue& queue,
                                         AgentStreams::Handlers handlers,
                                         std::function<void(const std::string&)> on_trouble);

}  // namespace weir
