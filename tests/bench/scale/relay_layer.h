// Relays as they are, between made-up agents and RunControl, in one thread and without a network:
// what they cost is kept apart from what the coordinator does.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "coordinator/relay/relay_control.h"
#include "coordinator/relayed_streams.h"
#include "coordinator/run_control.h"

namespace weir {

class RelayLayer {
 public:
  using ToAgent = std::function<void(ConnectionId agent, const v1::CoordinatorMessage&)>;

  // `cpu_s`: of this thread.
  RelayLayer(uint32_t relays, RunControl& control, ToAgent to_agent, double (*cpu_s)())
      : to_agent_(std::move(to_agent)),
        cpu_s_(cpu_s),
        streams_({},
                 {.on_bytes = [&control](ConnectionId id, std::string_view message,
                                         int64_t now_ns) { control.OnBytes(id, message, now_ns); },
                  .on_bundle = [&control](const BundleView& bundle,
                                          int64_t now_ns) { control.OnBundle(bundle, now_ns); },
                  .on_disconnected = [](ConnectionId, int64_t) { WEIR_CHECK(false); },
                  .say = [](const std::string&) {}},
                 [this](ConnectionId stream, const v1::CoordinatorMessage& message) {
                   down_bytes_ += message.ByteSizeLong();
                   ByRelays([&] { relays_[stream - 1]->control->OnMessage(message, now_ns_); });
                 }) {
    for (uint32_t i = 0; i < relays; ++i) relays_.push_back(std::make_unique<Relay>(*this, i + 1));
    for (const auto& relay : relays_) {
      streams_.OnOpened(relay->stream, StreamPeer::kEither);
      relay->control->OnConnected(now_ns_);
    }
    Drain(now_ns_);
  }

  void FromAgent(ConnectionId agent, const std::string& message, int64_t now_ns) {
    now_ns_ = now_ns;
    ByRelays(
        [&] { relays_[agent % relays_.size()]->control->OnAgentBytes(agent, message, now_ns); });
  }
  // What relays have sent reaches the coordinator; what it answers is waited for by the next.
  void Drain(int64_t now_ns) {
    now_ns_ = now_ns;
    while (!up_.empty()) {
      const auto [stream, bytes] = std::move(up_.front());
      up_.pop_front();
      streams_.OnBytes(stream, bytes, now_ns, 0);
      streams_.Flush(now_ns);
      ByRelays([&] { relays_[stream - 1]->control->OnSent(); });
    }
  }
  void OnTick(int64_t now_ns) {
    now_ns_ = now_ns;
    ByRelays([&] {
      for (const auto& relay : relays_) relay->control->OnTick(now_ns);
    });
    Drain(now_ns);
    streams_.OnTick(now_ns);
    streams_.Flush(now_ns);
  }
  void Send(ConnectionId connection, const v1::CoordinatorMessage& message) {
    streams_.Send(connection, message);
  }

  // What has come to pass until now is not to be measured.
  void Forget() {
    relays_s_ = 0;
    up_bytes_ = 0;
    down_bytes_ = 0;
  }

  double relays_s() const { return relays_s_; }  // CPU of all relays
  uint64_t up_bytes() const { return up_bytes_; }
  uint64_t down_bytes() const { return down_bytes_; }

 private:
  struct Relay final : RelayPort {
    Relay(RelayLayer& its_layer, ConnectionId its_stream) : layer(its_layer), stream(its_stream) {
      control = std::make_unique<RelayControl>(RelaySettings{"r" + std::to_string(stream), {}, 0},
                                               *this, layer.now_ns_);
    }
    void SendUp(const v1::AgentMessage& message) override {
      layer.up_.emplace_back(stream, message.SerializeAsString());
      layer.up_bytes_ += layer.up_.back().second.size();
    }
    void SendDown(ConnectionId agent, const v1::CoordinatorMessage& message) override {
      layer.to_agent_(agent, message);
    }
    void EndDown(ConnectionId) override {}
    void Redial() override { WEIR_CHECK(false); }
    void Say(const std::string&) override {}
    void Quit(AgentExit, const std::string&) override {}

    RelayLayer& layer;
    const ConnectionId stream;
    std::unique_ptr<RelayControl> control;
  };

  template <typename Do>
  void ByRelays(const Do& what) {
    const double from = cpu_s_();
    what();
    relays_s_ += cpu_s_() - from;
  }

  const ToAgent to_agent_;
  double (*const cpu_s_)();
  int64_t now_ns_ = 1'000'000'000;
  double relays_s_ = 0;
  uint64_t up_bytes_ = 0;
  uint64_t down_bytes_ = 0;
  std::deque<std::pair<ConnectionId, std::string>> up_;
  RelayedStreams streams_;
  std::vector<std::unique_ptr<Relay>> relays_;
};

}  // namespace weir
