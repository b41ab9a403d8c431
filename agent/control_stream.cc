#include "agent/control_stream.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "control/dialling.h"
#include "control/grpc_security.h"
#include "spdlog/spdlog.h"

#include "agent/job_thread.h"
#include "base/clock.h"
#include "proto/control.grpc.pb.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 100ms;
// One stream, from dialling to its end.
struct Session {
  std::unique_ptr<v1::Control::Stub> stub;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::CoordinatorMessage>> stream;
  bool begun = false;
  bool given_up = false;  // with the lock of the control stream held
};

class GrpcControlStream final : public ControlStream {
 public:
  GrpcControlStream(const std::vector<ControlAddress>& coordinators,
                    const ControlSecurity& security, EventQueue& queue, Handlers handlers)
      : dialling_([coordinators, security, place = size_t{0}]() mutable {
          return MakeControlChannel(coordinators[place++ % coordinators.size()], security,
                                    ControlEnd::kCoordinator, kLargestOfACoordinator);
        }),
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
    if (session_ != nullptr) {
      session_->given_up = true;
      session_->context.TryCancel();
      session_.reset();
    }
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
      // The reader hears of it too, and with the reason: a call that is cancelled here has none.
      if (!session->stream->Write(message)) spdlog::debug("the coordinator no longer listens");
    });
  }

  std::string Trouble() const override {
    std::lock_guard lock(mutex_);
    return session_ == nullptr ? trouble_ : "";
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
      while (!over_ && !Attend()) {
      }
    }
  }

  bool WaitForDial() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return dial_ || over_; });
    dial_ = false;
    return !over_;
  }

  // False when nobody took the call: to be tried again.
  bool Attend() {
    const auto answer = dialling_.Await(kLook);
    if (!answer) return false;
    const auto session = std::make_shared<Session>();
    session->stub = v1::Control::NewStub(answer->channel);
    // Without a connection the call fails at once and says why there is none.
    if (!answer->connected) {
      session->context.set_deadline(std::chrono::system_clock::now() + kLook);
    }
    session->stream = session->stub->Attend(&session->context);
    if (answer->connected) Begin(session);
    v1::CoordinatorMessage message;
    while (session->stream->Read(&message)) {
      // The time of arrival counts for clock offsets, not the time the queue is served.
      const int64_t now = MonotonicNs();
      queue_.Push([this, message, now] { handlers_.on_message(message, now); });
    }
    return End(*session, session->stream->Finish());
  }

  void Begin(const std::shared_ptr<Session>& session) {
    std::lock_guard lock(mutex_);
    if (over_) session->context.TryCancel();
    session->begun = true;
    session_ = session;
    queue_.Push([this] { handlers_.on_connected(); });
  }

  bool End(const Session& session, const grpc::Status& status) {
    std::unique_lock lock(mutex_);
    session_.reset();
    if (session.given_up) return true;
    trouble_ = WhyNoStream(status);
    // A coordinator that closes at once is not dialled in a loop without a pause.
    changed_.wait_for(lock, kLook, [this] { return over_.load(); });
    if (IsRefusal(status)) {
      queue_.Push([this, why = trouble_] { handlers_.on_refused(why); });
      return true;
    }
    if (session.begun) queue_.Push([this] { handlers_.on_disconnected(); });
    return session.begun;
  }

  Dialling dialling_;  // of the reader; each attempt at the next address
  EventQueue& queue_;
  const Handlers handlers_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool dial_ = false;
  std::atomic<bool> over_{false};
  std::shared_ptr<Session> session_;  // null while there is no stream
  std::string trouble_;
  JobThread writer_;
  std::thread reader_;
};

}  // namespace

std::unique_ptr<ControlStream> MakeControlStream(const std::vector<ControlAddress>& coordinators,
                                                 const ControlSecurity& security, EventQueue& queue,
                                                 ControlStream::Handlers handlers) {
  return std::make_unique<GrpcControlStream>(coordinators, security, queue, std::move(handlers));
}

}  // namespace weir
