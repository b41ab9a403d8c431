// Streams between agents, relays and coordinator as gRPC gives them: reliable and in order while
// all is well. Its faults go further than a real stream's, because the protocol promises to survive
// them: messages that are lost, come twice, overtake each other or stay under way for a minute. One
// thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "simulation/dice.h"
#include "simulation/event_heap.h"
#include "simulation/trace.h"

#include "proto/control.pb.h"

namespace weir {

using StreamId = uint64_t;  // from 1; as who was dialled sees it, a ConnectionId
// Nodes of agents count from 0, those of relays from kFirstRelay; both dial, and relays are
// dialled.
inline constexpr uint32_t kFirstRelay = 1000;
inline constexpr uint32_t kCoordinator = 2000;

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

  // An agent dials in, or a relay. 0: nobody answers.
  StreamId Open(uint32_t agent, uint32_t server = kCoordinator);
  void Send(StreamId stream, std::shared_ptr<const v1::AgentMessage> message);
  void Send(StreamId stream, std::shared_ptr<const v1::CoordinatorMessage> message);

  // The stream is gone, with what is under way. Each side learns of it after a while, or never.
  void Break(StreamId stream, bool agent_learns, bool coordinator_learns);
  // A side has ended its stream properly: what it sent still arrives, then the other side learns.
  void Close(StreamId stream, Way sender);

  // Nothing gets through on this way until it is released; then it goes on, as TCP would.
  void Hold(uint32_t agent, Way way);
  void Release(uint32_t agent, Way way);
  void SetUp(uint32_t server, bool up) {
    if (up) {
      up_.insert(server);
    } else {
      up_.erase(server);
    }
  }

  void set_faults(const NetworkFaults& faults) { faults_ = faults; }
  const NetworkFaults& faults() const { return faults_; }
  // Of the streams that this node dials, instead.
  void set_faults(uint32_t agent, const NetworkFaults& faults) { own_faults_[agent] = faults; }
  void Heal();  // no more faults; what is held is released

  bool alive(StreamId stream) const;
  std::vector<StreamId> Alive(uint32_t server) const;
  uint32_t DiallerOf(StreamId stream) const { return streams_.at(stream).agent; }
  uint32_t ServerOf(StreamId stream) const { return streams_.at(stream).server; }

 private:
  struct Lane {
    bool held = false;
    std::deque<EventHeap::Action> waiting;
  };
  struct Stream {
    uint32_t agent = 0;  // who dialled
    uint32_t server = kCoordinator;
    bool broken = false;
    int64_t arrives_ns[2] = {0, 0};  // by way: of the latest message
  };

  void Transmit(StreamId stream, Way way, EventHeap::Action deliver);
  void Depart(StreamId stream, Way way, EventHeap::Action deliver);
  const NetworkFaults& FaultsOf(StreamId stream) const;
  int64_t DelayNs(const NetworkFaults& faults);
  Lane& LaneOf(uint32_t agent, Way way) { return lanes_[{agent, way}]; }

  EventHeap& heap_;
  Trace& trace_;
  Dice dice_;
  Listener& listener_;
  NetworkFaults faults_;
  std::map<uint32_t, NetworkFaults> own_faults_;
  std::set<uint32_t> up_{kCoordinator};
  StreamId last_ = 0;
  std::map<StreamId, Stream> streams_;
  std::map<std::pair<uint32_t, Way>, Lane> lanes_;
};

}  // namespace weir
