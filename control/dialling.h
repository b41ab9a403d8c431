// Gets through to the other end of a control stream as soon as there is a way: beside an attempt
// that hangs, as one does whose first packets were lost, others are begun. For one thread; the
// channels that come of it are for any.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

namespace weir {

class Dialling {
 public:
  using MakeChannel = std::function<std::shared_ptr<grpc::Channel>()>;

  // Each channel that is made has connections of its own.
  explicit Dialling(MakeChannel make) : make_(std::move(make)) {}
  Dialling(const Dialling&) = delete;
  Dialling& operator=(const Dialling&) = delete;
  ~Dialling();

  struct Answer {
    std::shared_ptr<grpc::Channel> channel;
    bool connected;  // else an attempt has failed: a call on the channel says why
  };
  // Nothing, after `patience`, when nobody has answered yet. What comes after a connection is a
  // connection of its own.
  std::optional<Answer> Await(std::chrono::milliseconds patience);

 private:
  using Clock = std::chrono::steady_clock;

  void BeginAnother();
  void Watch(grpc::Channel& channel);
  void Look(std::chrono::milliseconds patience);

  const MakeChannel make_;
  grpc::CompletionQueue changes_;  // of attempts; who looks into it moves them all on
  int watches_ = 0;                // that have not come out of it
  std::deque<std::shared_ptr<grpc::Channel>> attempts_;  // the newest is the last
  Clock::time_point begun_;                              // the newest; zero: none since an answer
};

}  // namespace weir
