// The end of a control stream that was dialled by the other end: a queue of outgoing messages
// before gRPC's reactor. gRPC calls it from threads of its own and deletes it after on_done; until
// then any thread may send.
#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace weir {

template <typename In, typename Out>
class ServerStream final : public grpc::ServerBidiReactor<In, Out> {
 public:
  using OnMessage = std::function<void(In)>;

  ServerStream(OnMessage on_message, std::function<void()> on_done)
      : on_message_(std::move(on_message)), on_done_(std::move(on_done)) {
    this->StartRead(&incoming_);
  }

  void Send(Out message) {
    std::lock_guard lock(mutex_);
    if (over_) return;
    outgoing_.push_back(std::move(message));
    if (outgoing_.size() == 1) this->StartWrite(&outgoing_.front());
  }

  bool Idle() {  // everything is written
    std::lock_guard lock(mutex_);
    return outgoing_.empty();
  }

  // What is not written by now never will be.
  void End(const grpc::Status& status = grpc::Status::OK) {
    std::lock_guard lock(mutex_);
    if (over_) return;
    over_ = true;
    this->Finish(status);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End();
    on_message_(std::move(incoming_));
    incoming_.Clear();
    this->StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return End();
    std::lock_guard lock(mutex_);
    outgoing_.pop_front();
    if (!over_ && !outgoing_.empty()) this->StartWrite(&outgoing_.front());
  }

  void OnCancel() override { End(); }

  void OnDone() override {
    on_done_();
    delete this;
  }

 private:
  const OnMessage on_message_;
  const std::function<void()> on_done_;
  In incoming_;
  std::mutex mutex_;
  std::deque<Out> outgoing_;  // the first is being written
  bool over_ = false;
};

// A stream that is not let in.
template <typename In, typename Out>
class RefusedStream final : public grpc::ServerBidiReactor<In, Out> {
 public:
  explicit RefusedStream(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace weir
