#include "agent/control_listener.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/dial_out.h"
#include "control/grpc_security.h"
#include "control/server_stream.h"

#include "base/clock.h"
#include "proto/control.grpc.pb.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr auto kFarewell = 2s;

using Stream = ServerStream<v1::CoordinatorMessage, v1::AgentMessage>;
using Reactor = grpc::ServerBidiReactor<v1::CoordinatorMessage, v1::AgentMessage>;

std::string Metadata(const grpc::CallbackServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  return found == context.client_metadata().end()
             ? ""
             : std::string(found->second.data(), found->second.size());
}

class Listener;

// The streams of one run, of which the latest is in use.
class RunStream final : public ControlStream {
 public:
  RunStream(Listener& listener, EventQueue& queue, Handlers handlers)
      : listener_(listener), queue_(queue), handlers_(std::move(handlers)) {}
  ~RunStream() override;

  void Dial() override;  // whoever dials is the coordinator: it does when its stream has ended
  void Send(const v1::AgentMessage& message) override;
  void Flush(std::chrono::milliseconds patience) override;
  std::string Trouble() const override { return "nobody has dialled"; }

  EventQueue& queue() { return queue_; }
  const Handlers& handlers() const { return handlers_; }
  void Connected(uint64_t number) {
    number_ = number;
    handlers_.on_connected();
  }

 private:
  Listener& listener_;
  EventQueue& queue_;
  const Handlers handlers_;
  bool waiting_ = false;  // has begun to
  uint64_t number_ = 0;   // of the latest stream that the agent was told of
};

class Listener final : public ControlListener, public v1::Agent::CallbackService {
 public:
  explicit Listener(ControlSecurity security) : security_(std::move(security)) {}

  ~Listener() override {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + kFarewell);
  }

  bool Listen(const std::string& address) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, MakeServerCredentials(security_), &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetMaxReceiveMessageSize(kLargestOfACoordinator);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    return server_ != nullptr && port_ != 0;
  }

  int port() const override { return port_; }

  std::unique_ptr<ControlStream> Await(EventQueue& queue,
                                       ControlStream::Handlers handlers) override {
    auto run = std::make_unique<RunStream>(*this, queue, std::move(handlers));
    std::lock_guard lock(mutex_);
    run_ = run.get();
    run_id_.clear();
    return run;
  }

  Reactor* Serve(grpc::CallbackServerContext* context) override {
    const std::string run_id = Metadata(*context, kRunKey);
    const grpc::Status refused = WhyNot(*context, run_id);
    std::lock_guard lock(mutex_);
    if (!refused.ok()) return new RefusedStream<v1::CoordinatorMessage, v1::AgentMessage>(refused);
    if (run_ == nullptr || (!run_id_.empty() && run_id_ != run_id)) {
      return new RefusedStream<v1::CoordinatorMessage, v1::AgentMessage>(grpc::Status(
          grpc::StatusCode::UNAVAILABLE, absl::StrCat("it serves run ", run_id_, " now")));
    }
    run_id_ = run_id;
    return Take();
  }

  void Send(const v1::AgentMessage& message) {
    std::lock_guard lock(mutex_);
    if (stream_ != nullptr) stream_->Send(message);
  }

  // The run's stream has fallen silent, or has ended: what it may still bring is nobody's. One that
  // has come in its place stays.
  void Drop(uint64_t number) {
    std::lock_guard lock(mutex_);
    if (number == number_) End();
  }

  // The run is over for the agent: what is under way to the coordinator still gets there.
  void Leave() {
    std::lock_guard lock(mutex_);
    run_ = nullptr;
    End();
  }

  bool idle() {
    std::lock_guard lock(mutex_);
    return stream_ == nullptr || stream_->Idle();
  }

 private:
  // With the lock held.
  void End() {
    ++number_;
    if (stream_ != nullptr) stream_->End();
    stream_ = nullptr;
  }

  grpc::Status WhyNot(const grpc::CallbackServerContext& context, const std::string& run_id) const {
    const grpc::Status refused =
        WhyNotAdmitted(*context.auth_context(), security_, ControlEnd::kCoordinator);
    if (!refused.ok()) return refused;
    if (!security_.token.none() && !security_.token.Matches(Metadata(context, kTokenKey))) {
      return {grpc::StatusCode::UNAUTHENTICATED, "the join token is not this agent's"};
    }
    if (run_id.empty()) return {grpc::StatusCode::INVALID_ARGUMENT, "of which run?"};
    return grpc::Status::OK;
  }

  // With the lock held. An earlier stream of the run is no longer listened to.
  Reactor* Take() {
    if (stream_ != nullptr) stream_->End();
    const uint64_t number = ++number_;
    stream_ = new Stream(
        [this, number](v1::CoordinatorMessage message) {
          Tell(number,
               [message = std::move(message), now = MonotonicNs()](
                   const ControlStream::Handlers& handlers) { handlers.on_message(message, now); });
        },
        [this, number] { Ended(number); });
    run_->queue().Push([run = run_, number] { run->Connected(number); });
    return stream_;
  }

  template <typename What>
  void Tell(uint64_t number, What what) {
    std::lock_guard lock(mutex_);
    if (run_ == nullptr || number != number_) return;
    run_->queue().Push([handlers = &run_->handlers(), what = std::move(what)] { what(*handlers); });
  }

  void Ended(uint64_t number) {
    Tell(number, [](const ControlStream::Handlers& handlers) { handlers.on_disconnected(); });
    std::lock_guard lock(mutex_);
    if (number == number_) stream_ = nullptr;
  }

  const ControlSecurity security_;
  int port_ = 0;
  std::mutex mutex_;
  RunStream* run_ = nullptr;  // null: no run is waited for
  std::string run_id_;        // empty: any
  Stream* stream_ = nullptr;  // the latest; null: none
  uint64_t number_ = 0;       // of the latest
  std::unique_ptr<grpc::Server> server_;
};

RunStream::~RunStream() { listener_.Leave(); }

void RunStream::Dial() {
  if (std::exchange(waiting_, true)) listener_.Drop(number_);
}

void RunStream::Send(const v1::AgentMessage& message) { listener_.Send(message); }

void RunStream::Flush(std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!listener_.idle() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(1ms);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlListener>> StartControlListener(
    const ControlAddress& address, const ControlSecurity& security) {
  auto listener = std::make_unique<Listener>(security);
  if (!listener->Listen(address.ToString())) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address.ToString(),
                                               ": is the port free and the address ours?"));
  }
  return listener;
}

}  // namespace weir
