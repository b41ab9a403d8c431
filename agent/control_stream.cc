#include "agent/control_stream.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "spdlog/spdlog.h"

#include "agent/job_thread.h"
#include "base/clock.h"
#include "proto/control.grpc.pb.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 100ms;
// The lease is short: gRPC's own patience between attempts would use it up.
constexpr int kFirstBackoffMs = 100;
constexpr int kLongestBackoffMs = 1000;

// One stream, from dialling to its end.
struct Session {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::CoordinatorMessage>> stream;
};

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& coordinator) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstBackoffMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kLongestBackoffMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLongestBackoffMs);
  return grpc::CreateCustomChannel(coordinator, grpc::InsecureChannelCredentials(), arguments);
}

class GrpcControlStream final : public ControlStream {
 public:
  GrpcControlStream(const std::string& coordinator, EventQueue& queue, Handlers handlers)
      : channel_(MakeChannel(coordinator)),
        stub_(v1::Control::NewStub(channel_)),
        queue_(queue),
        handlers_(std::move(handlers)),
        reader_([this] { Loop(); }) {}

  ~GrpcControlStream() override {
    {
      std::lock_guard lock(mutex_);
      over_ = true;
      if (session_ != nullptr) session_->context.TryCancel();
    }
    changed_.notify_all();
    reader_.join();
  }

  void Dial() override {
    std::lock_guard lock(mutex_);
    dial_ = true;
    changed_.notify_all();
  }

  // Writing blocks while the coordinator does not read; the lease must be watched all the same.
  void Send(const v1::AgentMessage& message) override {
    std::shared_ptr<Session> session;
    {
      std::lock_guard lock(mutex_);
      session = session_;
    }
    if (session == nullptr) return;
    writer_.Push([session, message] {
      if (session->stream->Write(message)) return;
      spdlog::debug("the coordinator no longer listens");
      session->context.TryCancel();
    });
  }

  void Flush(std::chrono::milliseconds patience) override {
    auto flushed = std::make_shared<std::promise<void>>();
    std::future<void> done = flushed->get_future();
    writer_.Push([flushed] { flushed->set_value(); });
    done.wait_for(patience);
  }

 private:
  void Loop() {
    while (WaitForDial()) {
      while (!over_ && !channel_->WaitForConnected(std::chrono::system_clock::now() + kLook)) {
      }
      if (!over_) Attend();
    }
  }

  bool WaitForDial() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return dial_ || over_; });
    dial_ = false;
    return !over_;
  }

  void Attend() {
    const auto session = std::make_shared<Session>();
    session->stream = stub_->Attend(&session->context);
    {
      std::lock_guard lock(mutex_);
      if (over_) session->context.TryCancel();
      session_ = session;
    }
    queue_.Push([this] { handlers_.on_connected(); });
    v1::CoordinatorMessage message;
    while (session->stream->Read(&message)) {
      // The time of arrival counts for clock offsets, not the time the queue is served.
      const int64_t now = MonotonicNs();
      queue_.Push([this, message, now] { handlers_.on_message(message, now); });
    }
    session->context.TryCancel();
    std::unique_lock lock(mutex_);
    session_.reset();
    // A coordinator that closes at once is not dialled in a loop without a pause.
    changed_.wait_for(lock, kLook, [this] { return over_.load(); });
    queue_.Push([this] { handlers_.on_disconnected(); });
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::Control::Stub> stub_;
  EventQueue& queue_;
  const Handlers handlers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool dial_ = false;
  std::atomic<bool> over_{false};
  std::shared_ptr<Session> session_;  // null while there is no stream
  JobThread writer_;
  std::thread reader_;
};

}  // namespace

std::unique_ptr<ControlStream> MakeControlStream(const std::string& coordinator, EventQueue& queue,
                                                 ControlStream::Handlers handlers) {
  return std::make_unique<GrpcControlStream>(coordinator, queue, std::move(handlers));
}

}  // namespace weir
