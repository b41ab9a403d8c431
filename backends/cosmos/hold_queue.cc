#include "backends/cosmos/hold_queue.h"

#include <algorithm>

namespace weir::cosmos {

HoldQueue::~HoldQueue() {
  for (const auto& [partition, line] : lines_) loop_.Cancel(line->timer);
}

void HoldQueue::Enter(HeldRequest* request) {
  std::unique_ptr<Line>& line = lines_[request->planned.partition];
  if (line == nullptr) line = std::make_unique<Line>(*this);
  request->waiting_ = true;
  line->waiting.push_back(request);
  if (line->waiting.size() == 1) Advance(*line);
}

bool HoldQueue::Leave(HeldRequest* request) {
  if (!request->waiting_) return false;
  request->waiting_ = false;
  Line& line = *lines_[request->planned.partition];
  std::erase(line.waiting, request);
  return true;
}

void HoldQueue::Line::OnTimer() {
  timer = 0;
  queue.Advance(*this);
}

void HoldQueue::Advance(Line& line) {
  if (line.timer != 0) return;
  while (!line.waiting.empty() && TryFirst(line)) {
  }
}

bool HoldQueue::TryFirst(Line& line) {
  HeldRequest* first = line.waiting.front();
  int64_t not_before_ns = 0;
  const Permit permit = control_.Ask(first->planned, loop_.Now(), &not_before_ns);
  if (permit.records == 0) {
    line.timer = loop_.Schedule(not_before_ns, &line);
    return false;
  }
  line.waiting.pop_front();
  first->waiting_ = false;
  first->OnAdmitted(permit);
  return true;
}

}  // namespace weir::cosmos
