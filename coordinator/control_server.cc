#include "coordinator/control_server.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "proto/control.grpc.pb.h"

namespace weir {
namespace {

constexpr auto kFarewell = std::chrono::seconds(2);
// The end of a stage carries the histograms of all its operations: some 20 KiB each.
constexpr int kLargestMessage = 64 << 20;

// One agent's stream. gRPC calls it from its own threads and deletes it through OnDone.
class Connection final : public grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage> {
 public:
  using OnMessage = std::function<void(v1::AgentMessage, int64_t)>;

  Connection(OnMessage on_message, std::function<void()> on_done)
      : on_message_(std::move(on_message)), on_done_(std::move(on_done)) {
    StartRead(&incoming_);
  }

  void Send(v1::CoordinatorMessage message) {
    std::lock_guard lock(mutex_);
    if (over_) return;
    outgoing_.push_back(std::move(message));
    if (outgoing_.size() == 1) StartWrite(&outgoing_.front());
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End();
    on_message_(std::move(incoming_), MonotonicNs());
    incoming_.Clear();
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return End();
    std::lock_guard lock(mutex_);
    outgoing_.pop_front();
    if (!over_ && !outgoing_.empty()) StartWrite(&outgoing_.front());
  }

  void OnCancel() override { End(); }

  void OnDone() override {
    on_done_();
    delete this;
  }

 private:
  void End() {
    std::lock_guard lock(mutex_);
    if (over_) return;
    over_ = true;
    Finish(grpc::Status::OK);
  }

  const OnMessage on_message_;
  const std::function<void()> on_done_;
  v1::AgentMessage incoming_;
  std::mutex mutex_;
  std::deque<v1::CoordinatorMessage> outgoing_;  // the first is being written
  bool over_ = false;
};

class GrpcControlServer final : public ControlServer, public v1::Control::CallbackService {
 public:
  GrpcControlServer(EventQueue& queue, Handlers handlers)
      : queue_(queue), handlers_(std::move(handlers)) {}

  ~GrpcControlServer() override {
    // Agents end their streams when they have read the goodbye.
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + kFarewell);
  }

  bool Listen(const std::string& address) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetMaxReceiveMessageSize(kLargestMessage);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    return server_ != nullptr && port_ != 0;
  }

  int port() const override { return port_; }

  void Send(ConnectionId connection, const v1::CoordinatorMessage& message) override {
    std::lock_guard lock(mutex_);
    const auto found = connections_.find(connection);
    if (found != connections_.end()) found->second->Send(message);
  }

  grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>* Attend(
      grpc::CallbackServerContext*) override {
    std::lock_guard lock(mutex_);
    const ConnectionId id = ++last_id_;
    auto* connection = new Connection(
        [this, id](v1::AgentMessage message, int64_t arrived_ns) {
          queue_.Push([this, id, message = std::move(message), arrived_ns] {
            handlers_.on_message(id, message, arrived_ns);
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
    const std::string& address, EventQueue& queue, ControlServer::Handlers handlers) {
  auto server = std::make_unique<GrpcControlServer>(queue, std::move(handlers));
  if (!server->Listen(address)) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": is the port free and the address ours?"));
  }
  return server;
}

}  // namespace weir
