#include "agent/lanes.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir {

absl::Status Lanes::Open(uint32_t sessions, Backend& backend, EventLoop& loop,
                         CompletionSink& sink) {
  for (uint32_t i = 0; i < sessions; ++i) {
    absl::StatusOr<std::unique_ptr<Session>> session = backend.OpenSession(loop, sink);
    if (!session.ok()) return Annotate(session.status(), absl::StrCat("opening session ", i + 1));
    lanes_.push_back(std::make_unique<Lane>());
    lanes_.back()->session = *std::move(session);
    Offer(lanes_.back().get());
  }
  return absl::OkStatus();
}

void Lanes::Offer(const Session* session) {
  for (const auto& lane : lanes_) {
    if (lane->session.get() == session) Offer(lane.get());
  }
}

void Lanes::Flush() {
  for (Lane* lane : unflushed_) {
    lane->unflushed = false;
    lane->session->Flush();
  }
  unflushed_.clear();
}

}  // namespace weir
