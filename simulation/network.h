// Streams between agents and coordinator as gRPC gives them: reliable and in order while all is
// well. Its faults go further than a real stream's, because the protocol promises to survive them:
// messages that are lost, come twice, overtake each other or stay under way for a minute. One
// thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "simulation/dice.h"
#include "simulation/event_heap.h"
#include "simulation/trace.h"

#include "proto/control.pb.h"

namespace weir {

using StreamId = uint64_t;  // from 1; as the coordinator sees it, a ConnectionId

struct NetworkFaults {
  int64_t latency_ns = 200'000;  // of most messages
  int64_t jitter_ns = 50'000;    // at most, on top
  double loss = 0;
  double repeat = 0;
  double overtake = 0;
  double stall = 0;  // a message that stays under way for much longer
  int64_t longest_stall_ns = 0;
};

enum class Way : uint8_t { kToAgent, kToCoordinator };

class Network {
 public:
  // Who is called for what arrives; calls come on the heap, not from within Send.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnAgentMessage(StreamId stream, std::shared_ptr<const v1::AgentMessage>) = 0;
    virtual void OnCoordinatorMessage(StreamId stream,
                                      std::shared_ptr<const v1::CoordinatorMessage>) = 0;
    virtual void OnBroken(StreamId stream, Way side) = 0;  // the side that learns of it
  };

  Network(EventHeap& heap, Trace& trace, uint64_t seed, Listener& listener)
      : heap_(heap), trace_(trace), dice_(seed, "network"), listener_(listener) {}

  // An agent dials in. 0: nobody answers.
  StreamId Open(uint32_t agent);
  void Send(StreamId stream, std::shared_ptr<const v1::AgentMessage> message);
  void Send(StreamId stream, std::shared_ptr<const v1::CoordinatorMessage> message);

  // The stream is gone, with what is under way. Each side learns of it after a while, or never.
  void Break(StreamId stream, bool agent_learns, bool coordinator_learns);
  // A side has ended its stream properly: what it sent still arrives, then the other side learns.
  void Close(StreamId stream, Way sender);

  // Nothing gets through on this way until it is released; then it goes on, as TCP would.
  void Hold(uint32_t agent, Way way);
  void Release(uint32_t agent, Way way);
  void SetCoordinatorUp(bool up) { coordinator_up_ = up; }

  void set_faults(const NetworkFaults& faults) { faults_ = faults; }
  const NetworkFaults& faults() const { return faults_; }
  void Heal();  // no more faults; what is held is released

  bool alive(StreamId stream) const;
  std::vector<StreamId> Alive() const;

 private:
  struct Lane {
    bool held = false;
    std::deque<EventHeap::Action> waiting;
  };
  struct Stream {
    uint32_t agent = 0;
    bool broken = false;
    int64_t arrives_ns[2] = {0, 0};  // by way: of the latest message
  };

  void Transmit(StreamId stream, Way way, EventHeap::Action deliver);
  void Depart(StreamId stream, Way way, EventHeap::Action deliver);
  int64_t DelayNs();
  Lane& LaneOf(uint32_t agent, Way way) { return lanes_[{agent, way}]; }

  EventHeap& heap_;
  Trace& trace_;
  Dice dice_;
  Listener& listener_;
  NetworkFaults faults_;
  bool coordinator_up_ = true;
  StreamId last_ = 0;
  std::map<StreamId, Stream> streams_;
  std::map<std::pair<uint32_t, Way>, Lane> lanes_;
};

}  // namespace weir
