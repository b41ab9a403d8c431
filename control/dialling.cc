#include "control/dialling.h"

#include <algorithm>

namespace weir {
namespace {

constexpr auto kBetweenAttempts = std::chrono::milliseconds(300);
// With what gRPC gives each attempt (grpc_security.cc) the oldest of more has failed already.
constexpr size_t kMostAttempts = 8;
// Watches on attempts end with this, so that none outlives its attempt for long.
constexpr auto kWatch = std::chrono::milliseconds(100);

bool Failed(grpc::Channel& channel) {
  return channel.GetState(true) == GRPC_CHANNEL_TRANSIENT_FAILURE;
}

}  // namespace

Dialling::~Dialling() {
  attempts_.clear();
  changes_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (changes_.Next(&tag, &ok)) {
  }
}

// Nothing happens on a channel unless somebody waits for it, and only one can be waited for.
void Dialling::Look(std::chrono::milliseconds patience) {
  if (watches_ == 0) {
    for (const auto& channel : attempts_) Watch(*channel);
  }
  void* tag = nullptr;
  bool ok = false;
  auto until = std::chrono::system_clock::now() + patience;
  while (changes_.AsyncNext(&tag, &ok, until) == grpc::CompletionQueue::GOT_EVENT) {
    --watches_;
    until = std::chrono::system_clock::now();
  }
}

void Dialling::Watch(grpc::Channel& channel) {
  channel.NotifyOnStateChange(channel.GetState(true), std::chrono::system_clock::now() + kWatch,
                              &changes_, this);
  ++watches_;
}

void Dialling::BeginAnother() {
  if (Clock::now() - begun_ < kBetweenAttempts) return;
  if (attempts_.size() >= kMostAttempts) attempts_.pop_front();
  attempts_.push_back(make_());
  Watch(*attempts_.back());
  begun_ = Clock::now();
}

std::optional<Dialling::Answer> Dialling::Await(std::chrono::milliseconds patience) {
  BeginAnother();
  Look(patience);
  const auto through = std::find_if(attempts_.begin(), attempts_.end(), [](const auto& channel) {
    return channel->GetState(true) == GRPC_CHANNEL_READY;
  });
  if (through != attempts_.end()) {
    const Answer answer{*through, true};
    attempts_.clear();
    begun_ = {};
    return answer;
  }
  const auto failed = std::find_if(attempts_.begin(), attempts_.end(),
                                   [](const auto& channel) { return Failed(*channel); });
  if (failed == attempts_.end()) return std::nullopt;
  const Answer answer{*failed, false};
  attempts_.erase(failed);
  return answer;
}

}  // namespace weir
