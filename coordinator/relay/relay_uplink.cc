#include "coordinator/relay/relay_uplink.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "control/client_stream.h"
#include "control/grpc_security.h"
#include "control/wire_bytes.h"

#include "proto/control.pb.h"

namespace weir {
namespace {

const std::string& AttendMethod() {
  static const auto& name = *new std::string("/weir.v1.Control/Attend");
  return name;
}

class GrpcRelayUplink final : public RelayUplink {
 public:
  GrpcRelayUplink(const ControlAddress& coordinator, const ControlSecurity& security,
                  EventQueue& queue, Handlers handlers)
      // What it sends are the messages to many agents.
      : stub_(
            MakeControlChannel(coordinator, security, ControlEnd::kCoordinator, kLargestOfAnAgent)),
        queue_(queue),
        handlers_(std::move(handlers)) {}

  ~GrpcRelayUplink() override {
    std::unique_lock lock(mutex_);
    number_ = 0;
    for (const auto& [number, stream] : streams_) stream->Cancel();
    changed_.wait(lock, [this] { return left_ == 0; });
  }

  void Dial() override {
    std::lock_guard lock(mutex_);
    if (const auto old = streams_.find(number_); old != streams_.end()) old->second->Cancel();
    const uint64_t number = ++last_;
    number_ = number;
    auto* stream = new ClientStream(
        {.on_message = [this, number](const grpc::ByteBuffer& bytes) { Hear(number, bytes); },
         .on_idle = [this, number] { Tell(number, [this] { handlers_.on_sent(); }); },
         .on_done = [this, number](const grpc::Status& status) { Ended(number, status); },
         .on_gone = [this] { Gone(); }});
    ++left_;
    streams_.emplace(number, stream);
    stub_.PrepareBidiStreamingCall(&stream->context(), AttendMethod(), {}, stream);
    stream->Begin();
    Tell(number, [this] { handlers_.on_connected(); });
  }

  void Send(const v1::AgentMessage& message) override {
    std::lock_guard lock(mutex_);
    const auto stream = streams_.find(number_);
    if (stream != streams_.end()) stream->second->Send(ToBytes(message));
  }

  std::string Trouble() const override {
    std::lock_guard lock(mutex_);
    return trouble_;
  }

 private:
  // What is not a message is passed over: who repeats what is not answered says it again.
  void Hear(uint64_t number, const grpc::ByteBuffer& bytes) {
    v1::CoordinatorMessage message;
    bool sound = false;
    WithBytes(bytes, [&](std::string_view said) {
      sound = message.ParseFromArray(said.data(), static_cast<int>(said.size()));
    });
    if (!sound) return;
    Tell(number, [this, message = std::move(message)] { handlers_.on_message(message); });
  }

  void Tell(uint64_t number, std::function<void()> what) {
    queue_.Push([this, number, what = std::move(what)] {
      if (number == number_) what();  // only the queue's thread changes it
    });
  }

  void Gone() {
    std::lock_guard lock(mutex_);
    --left_;
    changed_.notify_all();
  }

  void Ended(uint64_t number, const grpc::Status& status) {
    std::lock_guard lock(mutex_);
    streams_.erase(number);
    if (number == number_) {
      trouble_ = status.ok() ? "it ended the stream" : WhyNoStream(status);
      if (IsRefusal(status)) {
        Tell(number, [this, why = trouble_] { handlers_.on_refused(why); });
      } else {
        Tell(number, [this] { handlers_.on_disconnected(); });
      }
    }
    changed_.notify_all();
  }

  grpc::GenericStub stub_;
  EventQueue& queue_;
  const Handlers handlers_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t last_ = 0;
  uint64_t number_ = 0;                        // of the stream in use
  std::map<uint64_t, ClientStream*> streams_;  // until gRPC is done with them
  size_t left_ = 0;                            // streams of which gRPC still has something
  std::string trouble_;
};

}  // namespace

std::unique_ptr<RelayUplink> MakeRelayUplink(const ControlAddress& coordinator,
                                             const ControlSecurity& security, EventQueue& queue,
                                             RelayUplink::Handlers handlers) {
  return std::make_unique<GrpcRelayUplink>(coordinator, security, queue, std::move(handlers));
}

}  // namespace weir
