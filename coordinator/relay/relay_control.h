// What a relay does when (docs/adr/0017): a state machine without I/O. It is told what arrives and
// what time it is, and says through RelayPort what is to happen, so that the same code runs in
// production and in simulation. One thread.
//
// To its agents a relay is their coordinator, to the coordinator one stream that carries theirs. It
// keeps nothing: where its own stream breaks, so do those of its agents.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "control/agent_exit.h"
#include "control/join_token.h"

#include "coordinator/relay/report_bundler.h"
#include "coordinator/report_view.h"
#include "coordinator/run_port.h"
#include "proto/control.pb.h"

namespace weir {

// Called on the thread of RelayControl. Nothing comes back from inside but through later calls.
class RelayPort {
 public:
  virtual ~RelayPort() = default;
  // To the coordinator; dropped while there is no stream. Answer: OnSent, when it is on the wire.
  virtual void SendUp(const v1::AgentMessage& message) = 0;
  virtual void SendDown(ConnectionId agent, const v1::CoordinatorMessage& message) = 0;
  virtual void EndDown(ConnectionId agent) = 0;  // its stream. No answer is waited for
  virtual void Redial() = 0;  // end the stream to the coordinator, open another: OnConnected
  virtual void Say(const std::string& line) = 0;  // for the user
  virtual void Quit(AgentExit exit, const std::string& reason) = 0;
};

struct RelaySettings {
  std::string name;
  JoinToken token;                            // none: the coordinator wants none
  int64_t join_timeout_ns = 120'000'000'000;  // to find the coordinator
};

class RelayControl {
 public:
  RelayControl(RelaySettings settings, RelayPort& port, int64_t now_ns);

  void OnConnected(int64_t now_ns);
  void OnMessage(const v1::CoordinatorMessage& message, int64_t now_ns);
  void OnSent();  // what was sent up is on the wire
  void OnDisconnected(int64_t now_ns);
  void OnRefused(const std::string& why);  // by the coordinator's identity, or ours

  // An AgentMessage in its wire format. Streams of agents are numbered 1, 2, …, and none twice.
  void OnAgentBytes(ConnectionId agent, std::string_view message, int64_t now_ns);
  void OnAgentGone(ConnectionId agent, int64_t now_ns);

  void OnTerminate();           // SIGTERM
  void OnTick(int64_t now_ns);  // about every 20 ms

  bool attends() const { return state_ == State::kOpen; }

 private:
  enum class State : uint8_t {
    kDialling,
    kGreeting,  // the coordinator has not answered yet
    kOpen,
    kParting,  // the run is over: the agents go
  };

  struct Stream {
    uint32_t step = 0;      // of the latest report that went up
    uint64_t sequence = 0;  // its number
    // Reports travel as they came: the coordinator may have them already, or miss one before. Until
    // it has acknowledged this one, once there is one.
    bool alone = false;
    std::optional<std::pair<uint32_t, uint64_t>> alone_from;  // step, sequence
  };

  void Greet(int64_t now_ns);
  void OnOrders(const v1::RelayOrders& orders);
  void OnOrder(const v1::RelayOrder& order);
  void OnGoodbye(const v1::Goodbye& goodbye);
  void OnReport(ConnectionId agent, std::string_view message, int64_t now_ns);
  bool MayBeBundled(Stream& stream, const ReportView& report);
  void SendInOrder(ConnectionId agent, std::string_view message);
  void RefuseRelay(ConnectionId agent);
  void Up(v1::RelayedItem item);
  void SendUp();
  void EndAgents();

  const RelaySettings settings_;
  RelayPort& port_;
  State state_ = State::kDialling;
  int64_t now_ns_;
  int64_t heard_ns_;       // the coordinator; before the first word, since we began
  int64_t hello_ns_ = 0;   // when it was last greeted
  bool attended_ = false;  // once
  int64_t lease_ns_;
  int64_t parting_ns_ = 0;
  std::map<ConnectionId, Stream> streams_;  // of agents
  ReportBundler bundler_;
  ReportView report_;                    // the one in hand
  std::deque<v1::RelayedItem> waiting_;  // for the wire
  bool wire_free_ = true;
};

}  // namespace weir
