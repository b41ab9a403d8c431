// The end of a control stream that dialled the other end: a queue of outgoing messages before
// gRPC's reactor. Messages are their bytes, so that reading ends only where the stream does. gRPC
// calls it from threads of its own; it deletes itself after on_done, until when any thread may
// send.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace weir {

class ClientStream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Called on gRPC's threads, one after another.
  struct Handlers {
    std::function<void(const grpc::ByteBuffer&)> on_message;
    std::function<void()> on_idle;                     // everything is written; may be null
    std::function<void(const grpc::Status&)> on_done;  // the last moment to know the stream
    std::function<void()> on_gone;                     // nothing is left of it
  };

  explicit ClientStream(Handlers handlers) : handlers_(std::move(handlers)) {}

  grpc::ClientContext& context() { return context_; }

  // Once, when the call has been made with context().
  void Begin() {
    AddHold();  // for writes, which come from other threads
    StartRead(&incoming_);
    StartCall();
  }

  void Send(grpc::ByteBuffer message) {
    std::lock_guard lock(mutex_);
    if (over_) return;
    outgoing_.push_back(std::move(message));
    if (outgoing_.size() == 1) StartWrite(&outgoing_.front());
  }

  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return End();
    handlers_.on_message(incoming_);
    incoming_.Clear();
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return End();
    std::unique_lock lock(mutex_);
    outgoing_.pop_front();
    if (!over_ && !outgoing_.empty()) return StartWrite(&outgoing_.front());
    lock.unlock();
    if (handlers_.on_idle != nullptr) handlers_.on_idle();
  }

  // Who waits for the end may end the program: gRPC's part of the stream has to be gone by then.
  void OnDone(const grpc::Status& status) override {
    handlers_.on_done(status);
    const std::function<void()> on_gone = handlers_.on_gone;
    delete this;
    on_gone();
  }

 private:
  // The stream has ended, and gRPC is about to say how: who cancels it now may hear of nothing but
  // that, and not why the other end refused.
  void End() {
    std::lock_guard lock(mutex_);
    if (over_) return;
    over_ = true;
    RemoveHold();
  }

  const Handlers handlers_;
  grpc::ClientContext context_;
  grpc::ByteBuffer incoming_;
  std::mutex mutex_;
  std::deque<grpc::ByteBuffer> outgoing_;  // the first is being written
  bool over_ = false;
};

}  // namespace weir
