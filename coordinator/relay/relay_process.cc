#include "coordinator/relay/relay_process.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/event_queue.h"
#include "base/status.h"
#include "coordinator/control_server.h"
#include "coordinator/interrupts.h"
#include "coordinator/relay/relay_control.h"
#include "coordinator/relay/relay_uplink.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 20ms;
constexpr int64_t kBetweenDialsNs = 300 * kNsPerMs;

class RelayProcess final : public RelayPort {
 public:
  explicit RelayProcess(const RelayOptions& options)
      : options_(options),
        control_({options.name, options.security.token, options.join_timeout_ns}, *this,
                 MonotonicNs()),
        uplink_(MakeRelayUplink(options.coordinator, options.security, queue_, Upwards())) {}

  // Agents that come before the coordinator has answered are sent away, and dial again.
  absl::Status Begin() {
    AgentStreams::Handlers agents{
        .on_opened = nullptr,
        .on_bytes =
            [this](ConnectionId agent, std::string_view message, int64_t) {
              if (!exit_) control_.OnAgentBytes(agent, message, MonotonicNs());
            },
        .on_disconnected =
            [this](ConnectionId agent) {
              if (!exit_) control_.OnAgentGone(agent, MonotonicNs());
            }};
    WEIR_ASSIGN_OR_RETURN(
        server_, StartControlServer(options_.listen, options_.security, queue_, std::move(agents)));
    Say(absl::StrCat("takes agents on ", options_.listen.host, ":", server_->port(), ", for ",
                     options_.coordinator.ToString(), ", ", options_.security.Words()));
    uplink_->Dial();
    return absl::OkStatus();
  }

  AgentExit Follow() {
    const InterruptWatch watch;
    while (!exit_) {
      if (queue_.RunOne(kTick)) queue_.RunAll();
      const int64_t now = MonotonicNs();
      if (exit_) break;
      if (watch.count() > 0) {
        control_.OnTerminate();
        break;
      }
      if (dial_ns_ && now >= *dial_ns_) {
        dial_ns_.reset();
        uplink_->Dial();
      }
      control_.OnTick(now);
    }
    uplink_.reset();
    server_.reset();
    return *exit_;
  }

  // RelayPort.
  void SendUp(const v1::AgentMessage& message) override { uplink_->Send(message); }
  void SendDown(ConnectionId agent, const v1::CoordinatorMessage& message) override {
    server_->Send(agent, message);
  }
  void EndDown(ConnectionId agent) override { server_->End(agent); }
  void Redial() override { dial_ns_ = MonotonicNs() + kBetweenDialsNs; }
  void Say(const std::string& line) override {
    std::fprintf(stderr, "relay %s: %s\n", options_.name.c_str(), line.c_str());
  }
  void Quit(AgentExit exit, const std::string& reason) override {
    if (exit_) return;
    exit_ = exit;
    const std::string trouble = uplink_->Trouble();
    const bool lost = exit == AgentExit::kLostCoordinator && !trouble.empty();
    Say(lost ? absl::StrCat(reason, ": ", trouble) : reason);
  }

 private:
  RelayUplink::Handlers Upwards() {
    return {.on_connected = [this] { Now([this](int64_t ns) { control_.OnConnected(ns); }); },
            .on_message =
                [this](const v1::CoordinatorMessage& message) {
                  Now([&](int64_t ns) { control_.OnMessage(message, ns); });
                },
            .on_sent = [this] { Now([this](int64_t) { control_.OnSent(); }); },
            .on_disconnected = [this] { Now([this](int64_t ns) { control_.OnDisconnected(ns); }); },
            .on_refused =
                [this](const std::string& why) { Now([&](int64_t) { control_.OnRefused(why); }); }};
  }

  // After the end nothing is told any more.
  template <typename Tell>
  void Now(const Tell& tell) {
    if (!exit_) tell(MonotonicNs());
  }

  const RelayOptions options_;
  std::optional<AgentExit> exit_;
  std::optional<int64_t> dial_ns_;  // when the coordinator is dialled again
  EventQueue queue_;
  RelayControl control_;
  std::unique_ptr<RelayUplink> uplink_;
  std::unique_ptr<ControlServer> server_;
};

}  // namespace

absl::StatusOr<AgentExit> RunRelay(const RelayOptions& options) {
  RelayProcess relay(options);
  WEIR_RETURN_IF_ERROR(relay.Begin());
  return relay.Follow();
}

}  // namespace weir
