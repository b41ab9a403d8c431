#include "coordinator/agent_dialler.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/client_stream.h"
#include "control/dial_out.h"
#include "control/dialling.h"
#include "control/grpc_security.h"
#include "control/wire_bytes.h"

#include "base/clock.h"
#include "proto/control.grpc.pb.h"

namespace weir {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kBetweenDials = 300ms;
constexpr auto kLook = 50ms;

const std::string& ServeMethod() {
  static const auto& name = *new std::string("/weir.v1.Agent/Serve");
  return name;
}

// The agent's greeting, with its place in the list where it has no index of its own.
std::string WithIndex(std::string_view greeting, uint32_t place) {
  v1::AgentMessage message;
  if (!message.ParseFromArray(greeting.data(), static_cast<int>(greeting.size()))) {
    return std::string(greeting);
  }
  if (message.has_hello() && !message.hello().has_index_wanted()) {
    message.mutable_hello()->set_index_wanted(place);
  }
  return message.SerializeAsString();
}

class Dialler final : public AgentStreams {
 public:
  Dialler(DialledAgents agents, EventQueue& queue, Handlers handlers,
          std::function<void(const std::string&)> on_trouble)
      : agents_(std::move(agents)),
        queue_(queue),
        handlers_(std::move(handlers)),
        on_trouble_(std::move(on_trouble)) {
    for (const ControlAddress& address : agents_.addresses) {
      peers_.emplace_back(address.ToString(), [this, address] {
        return MakeControlChannel(address, agents_.security, ControlEnd::kAgent, kLargestOfAnAgent);
      });
    }
    thread_ = std::thread([this] { Loop(); });
  }

  ~Dialler() override {
    std::unique_lock lock(mutex_);
    over_ = true;
    for (const auto& [id, call] : streams_) call.stream->Cancel();
    changed_.notify_all();
    changed_.wait(lock, [this] { return left_ == 0; });
    lock.unlock();
    thread_.join();
  }

  void Send(ConnectionId connection, const v1::CoordinatorMessage& message) override {
    std::lock_guard lock(mutex_);
    const auto found = streams_.find(connection);
    if (found == streams_.end()) return;
    if (found->second.asked == Clock::time_point()) found->second.asked = Clock::now();
    found->second.stream->Send(ToBytes(message));
  }

 private:
  struct Peer {
    Peer(std::string where, Dialling::MakeChannel make)
        : address(std::move(where)), dialling(std::move(make)) {}

    std::string address;
    Dialling dialling;
    std::unique_ptr<grpc::GenericStub> stub;  // of the stream, as long as there is one
    ConnectionId connection = 0;              // 0: none
    Clock::time_point due;                    // to be dialled, where there is none
    std::string trouble;                      // as it was last told
  };
  struct Call {
    ClientStream* stream;
    Clock::time_point asked;  // when something was sent that nothing has followed; zero: never
  };

  void Loop() {
    std::unique_lock lock(mutex_);
    while (!over_) {
      for (uint32_t place = 0; place < peers_.size(); ++place) {
        if (peers_[place].connection == 0 && peers_[place].due <= Clock::now()) Dial(place);
      }
      CancelSilent();
      changed_.wait_for(lock, kLook);
    }
  }

  // Every ping is answered: a stream on which nothing comes back is dead, whatever TCP hopes.
  void CancelSilent() {
    if (agents_.silence_ns == 0) return;
    const auto latest = Clock::now() - std::chrono::nanoseconds(agents_.silence_ns);
    for (auto& [id, call] : streams_) {
      if (call.asked != Clock::time_point() && call.asked < latest) call.stream->Cancel();
    }
  }

  void Heard(ConnectionId id) {
    std::lock_guard lock(mutex_);
    const auto found = streams_.find(id);
    if (found != streams_.end()) found->second.asked = {};
  }

  // With the lock held; gRPC calls back from its own threads only.
  void Dial(uint32_t place) {
    const auto answer = peers_[place].dialling.Await(0ms);
    if (!answer) return;
    const ConnectionId id = ++last_id_;
    peers_[place].connection = id;
    peers_[place].stub = std::make_unique<grpc::GenericStub>(answer->channel);
    auto* stream = new ClientStream(
        {.on_message =
             [this, id, place, greeted = false](const grpc::ByteBuffer& message) mutable {
               Hear(id, place, std::exchange(greeted, true), message);
             },
         .on_done = [this, id, place](const grpc::Status& status) { Ended(id, place, status); },
         .on_gone = [this] { Gone(); }});
    ++left_;
    stream->context().AddMetadata(kRunKey, agents_.run_id);
    if (!agents_.security.token.none()) {
      stream->context().AddMetadata(kTokenKey, agents_.security.token.Reveal());
    }
    streams_.emplace(id, Call{stream, {}});
    peers_[place].stub->PrepareBidiStreamingCall(&stream->context(), ServeMethod(), {}, stream);
    stream->Begin();
  }

  void Hear(ConnectionId id, uint32_t place, bool greeted, const grpc::ByteBuffer& message) {
    Heard(id);
    queue_.Push([this, id, place, greeted, message, arrived_ns = MonotonicNs()] {
      WithBytes(message, [&](std::string_view bytes) {
        handlers_.on_bytes(id, greeted ? bytes : WithIndex(bytes, place), arrived_ns);
      });
    });
  }

  void Gone() {
    std::lock_guard lock(mutex_);
    --left_;
    changed_.notify_all();
  }

  void Ended(ConnectionId id, uint32_t place, const grpc::Status& status) {
    queue_.Push([this, id] { handlers_.on_disconnected(id); });
    std::lock_guard lock(mutex_);
    Peer& peer = peers_[place];
    streams_.erase(id);
    peer.connection = 0;
    peer.due = Clock::now() + kBetweenDials;
    std::string trouble = status.ok() || over_ ? "" : WhyNoStream(status);
    if (!trouble.empty() && trouble != peer.trouble) {
      queue_.Push([this, line = absl::StrCat("agent at ", peer.address, ": ", trouble)] {
        on_trouble_(line);
      });
      peer.trouble = std::move(trouble);
    }
    changed_.notify_all();
  }

  const DialledAgents agents_;
  EventQueue& queue_;
  const Handlers handlers_;
  const std::function<void(const std::string&)> on_trouble_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  ConnectionId last_id_ = 0;
  std::deque<Peer> peers_;
  std::unordered_map<ConnectionId, Call> streams_;
  size_t left_ = 0;  // streams of which gRPC still has something
  std::thread thread_;
};

}  // namespace

std::unique_ptr<AgentStreams> DialAgents(DialledAgents agents, EventQueue& queue,
                                         AgentStreams::Handlers handlers,
                                         std::function<void(const std::string&)> on_trouble) {
  return std::make_unique<Dialler>(std::move(agents), queue, std::move(handlers),
                                   std::move(on_trouble));
}

}  // namespace weir
