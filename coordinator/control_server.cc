#include "coordinator/control_server.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/grpc_security.h"
#include "control/server_stream.h"
#include "control/wire_bytes.h"

#include "base/clock.h"
#include "proto/control.grpc.pb.h"

namespace weir {
namespace {

constexpr auto kFarewell = std::chrono::seconds(2);
// A connection that is dead without a word is closed: its agent has long dialled another.
constexpr int kKeepaliveMs = 10'000;

// Raw: reports are read where they lie, and are most of what comes.
using Connection = ServerStream<grpc::ByteBuffer, grpc::ByteBuffer>;
using Service = v1::Control::WithRawCallbackMethod_Attend<v1::Control::Service>;

class GrpcControlServer final : public ControlServer, public Service {
 public:
  GrpcControlServer(ControlSecurity security, EventQueue& queue, Handlers handlers)
      : security_(std::move(security)), queue_(queue), handlers_(std::move(handlers)) {}

  ~GrpcControlServer() override {
    // Agents end their streams when they have read the goodbye.
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + kFarewell);
  }

  bool Listen(const std::string& address) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, MakeServerCredentials(security_), &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs);
    builder.SetMaxReceiveMessageSize(kLargestOfAnAgent);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    return server_ != nullptr && port_ != 0;
  }

  int port() const override { return port_; }

  void Send(ConnectionId connection, const v1::CoordinatorMessage& message) override {
    std::lock_guard lock(mutex_);
    const auto found = connections_.find(connection);
    if (found != connections_.end()) found->second->Send(ToBytes(message));
  }

  void End(ConnectionId connection) override {
    std::lock_guard lock(mutex_);
    const auto found = connections_.find(connection);
    if (found != connections_.end()) found->second->End();
  }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Attend(
      grpc::CallbackServerContext* context) override {
    const auto peer_context = context->auth_context();
    const bool relay =
        handlers_.on_opened != nullptr && IsOf(*peer_context, security_, ControlEnd::kRelay);
    const grpc::Status refused = WhyNotAdmitted(*peer_context, security_, ControlEnd::kAgent);
    if (!relay && !refused.ok()) {
      return new RefusedStream<grpc::ByteBuffer, grpc::ByteBuffer>(refused);
    }
    std::lock_guard lock(mutex_);
    const ConnectionId id = ++last_id_;
    if (handlers_.on_opened != nullptr) {
      const StreamPeer peer = !security_.tls ? StreamPeer::kEither
                              : relay        ? StreamPeer::kRelay
                                             : StreamPeer::kAgent;
      queue_.Push([this, id, peer] { handlers_.on_opened(id, peer); });
    }
    auto* connection = new Connection(
        [this, id](const grpc::ByteBuffer& message) {
          // The time of arrival counts for clock offsets, not the time the queue is served.
          queue_.Push([this, id, message, arrived_ns = MonotonicNs()] {
            WithBytes(message,
                      [&](std::string_view bytes) { handlers_.on_bytes(id, bytes, arrived_ns); });
          });
        },
        [this, id] { Forget(id); });
    connections_.emplace(id, connection);
    return connection;
  }

 private:
  void Forget(ConnectionId id) {
    {
      std::lock_guard lock(mutex_);
      connections_.erase(id);
    }
    queue_.Push([this, id] { handlers_.on_disconnected(id); });
  }

  const ControlSecurity security_;
  EventQueue& queue_;
  const Handlers handlers_;
  int port_ = 0;
  std::mutex mutex_;
  ConnectionId last_id_ = 0;
  std::unordered_map<ConnectionId, Connection*> connections_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> StartControlServer(
    const ControlAddress& address, const ControlSecurity& security, EventQueue& queue,
    ControlServer::Handlers handlers) {
  auto server = std::make_unique<GrpcControlServer>(security, queue, std::move(handlers));
  if (!server->Listen(address.ToString())) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address.ToString(),
                                               ": is the port free and the address ours?"));
  }
  return server;
}

}  // namespace weir
