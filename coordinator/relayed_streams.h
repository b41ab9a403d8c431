// The streams of relays, taken apart (docs/adr/0017): each agent behind a relay becomes a
// connection with a number of our own, and what is sent there goes down through its relay. Streams
// that are agents' own pass as they are. Whoever receives knows nothing of relays but their
// bundles. Without I/O; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "control/join_token.h"

#include "coordinator/bundle_view.h"
#include "coordinator/run_port.h"
#include "coordinator/stream_peer.h"
#include "proto/control.pb.h"

namespace weir {

class RelayedStreams {
 public:
  struct Receiver {
    std::function<void(ConnectionId, std::string_view message, int64_t now_ns)> on_bytes;
    std::function<void(const BundleView&, int64_t now_ns)> on_bundle;
    std::function<void(ConnectionId, int64_t now_ns)> on_disconnected;
    std::function<void(const std::string& line)> say;  // for the user
  };
  using Sender = std::function<void(ConnectionId stream, const v1::CoordinatorMessage& message)>;

  // A relay shows the token of the run, where there is one.
  RelayedStreams(JoinToken token, Receiver receiver, Sender sender)
      : token_(std::move(token)), receiver_(std::move(receiver)), sender_(std::move(sender)) {}

  // Before the first message of a stream; without it, an agent's.
  void OnOpened(ConnectionId stream, StreamPeer peer);
  // An AgentMessage in its wire format. `unix_s` is only for the expiry of the token.
  void OnBytes(ConnectionId stream, std::string_view message, int64_t now_ns, int64_t unix_s);
  void OnDisconnected(ConnectionId stream, int64_t now_ns);

  void Send(ConnectionId connection, const v1::CoordinatorMessage& message);
  // What was sent goes out, in one message for each relay: after everything that may have sent.
  void Flush(int64_t now_ns);
  // A relay that hears nothing for long takes us for dead.
  void OnTick(int64_t now_ns);
  // The run is over: relays end when their agents have.
  void Goodbye();

 private:
  struct Relay {
    std::string name;
    std::unordered_map<uint64_t, ConnectionId> agents;  // by the relay's number of the stream
    v1::CoordinatorMessage waiting;                     // orders
    size_t waiting_bytes = 0;
    int64_t sent_ns = 0;
  };
  struct Place {
    ConnectionId relay;
    uint64_t number;
  };

  void OnRelayHello(ConnectionId stream, const v1::RelayHello& hello, int64_t now_ns,
                    int64_t unix_s);
  std::string WhyRefused(ConnectionId stream, const v1::RelayHello& hello, int64_t unix_s) const;
  void Refuse(ConnectionId stream, const std::string& why);
  void OnItem(ConnectionId stream, const v1::RelayedItem& item, int64_t now_ns);
  void OnBundle(ConnectionId stream, const v1::ReportBundle& bundle, int64_t now_ns);
  ConnectionId ConnectionOf(ConnectionId stream, uint64_t number);
  void SendWaiting(ConnectionId stream, Relay& relay);

  const JoinToken token_;
  const Receiver receiver_;
  const Sender sender_;
  std::unordered_map<ConnectionId, StreamPeer> peers_;  // who are not agents
  std::map<ConnectionId, Relay> relays_;                // by stream
  std::unordered_map<ConnectionId, Place> places_;
  uint64_t last_ = 0;  // connection behind a relay
  BundleView bundle_;  // the one in hand
};

}  // namespace weir
