#include "simulation/network.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir {
namespace {

constexpr int64_t kSoonestRepeatNs = 1'000'000;
constexpr int64_t kLatestRepeatNs = 5'000'000'000;
constexpr int64_t kSlowestNewsNs = 500'000'000;  // of a broken stream

// The fields of a message in the order in which they were set say the same on every run.
template <typename Message>
uint64_t HashOfMessage(const Message& message) {
  static thread_local std::string bytes;
  bytes.clear();
  message.AppendToString(&bytes);
  return HashOf(bytes);
}

std::string Words(uint32_t agent, const google::protobuf::Message& message) {
  std::string text = message.ShortDebugString();
  constexpr size_t kLongest = 160;
  if (text.size() > kLongest) text = text.substr(0, kLongest) + " …";
  return absl::StrCat("agent ", agent, ": ", text);
}

}  // namespace

StreamId Network::Open(uint32_t agent, uint32_t server) {
  if (!up_.contains(server) || LaneOf(agent, Way::kToAgent).held ||
      LaneOf(agent, Way::kToCoordinator).held) {
    return 0;
  }
  streams_[++last_] = {.agent = agent, .server = server};
  trace_.Note(heap_.now_ns(), "open", agent, last_,
              [&] { return absl::StrCat("agent ", agent, ": stream ", last_); });
  return last_;
}

bool Network::alive(StreamId stream) const {
  const auto found = streams_.find(stream);
  return found != streams_.end() && !found->second.broken;
}

std::vector<StreamId> Network::Alive(uint32_t server) const {
  std::vector<StreamId> alive;
  for (const auto& [id, stream] : streams_) {
    if (!stream.broken && stream.server == server) alive.push_back(id);
  }
  return alive;
}

void Network::Send(StreamId stream, std::shared_ptr<const v1::AgentMessage> message) {
  if (!alive(stream)) return;
  const uint32_t agent = streams_[stream].agent;
  trace_.Note(heap_.now_ns(), "agent says", stream, HashOfMessage(*message),
              [&] { return Words(agent, *message); });
  Transmit(stream, Way::kToCoordinator, [this, stream, agent, message = std::move(message)] {
    trace_.Note(heap_.now_ns(), "arrives", stream, message->body_case(),
                [&] { return Words(agent, *message); });
    listener_.OnAgentMessage(stream, message);
  });
}

void Network::Send(StreamId stream, std::shared_ptr<const v1::CoordinatorMessage> message) {
  if (!alive(stream)) return;
  const uint32_t agent = streams_[stream].agent;
  trace_.Note(heap_.now_ns(), "weir says", stream, HashOfMessage(*message),
              [&] { return Words(agent, *message); });
  Transmit(stream, Way::kToAgent, [this, stream, agent, message = std::move(message)] {
    trace_.Note(heap_.now_ns(), "arrives", stream, message->body_case(),
                [&] { return Words(agent, *message); });
    listener_.OnCoordinatorMessage(stream, message);
  });
}

void Network::Transmit(StreamId stream, Way way, EventHeap::Action deliver) {
  const NetworkFaults& faults = FaultsOf(stream);
  if (dice_.Chance(faults.loss)) return;
  if (dice_.Chance(faults.repeat)) {
    const int64_t later_ns = dice_.Spread(kSoonestRepeatNs, kLatestRepeatNs);
    heap_.After(DelayNs(faults) + later_ns, [this, stream, deliver] {
      if (alive(stream)) deliver();
    });
  }
  Lane& lane = LaneOf(streams_[stream].agent, way);
  if (lane.held) {
    lane.waiting.push_back(
        [this, stream, way, deliver = std::move(deliver)] { Depart(stream, way, deliver); });
    return;
  }
  Depart(stream, way, std::move(deliver));
}

void Network::Depart(StreamId stream, Way way, EventHeap::Action deliver) {
  const NetworkFaults& faults = FaultsOf(stream);
  int64_t at_ns = heap_.now_ns() + DelayNs(faults);
  if (!dice_.Chance(faults.overtake)) {
    int64_t& latest_ns = streams_[stream].arrives_ns[static_cast<int>(way)];
    at_ns = latest_ns = std::max(at_ns, latest_ns);
  }
  heap_.At(at_ns, [this, stream, deliver = std::move(deliver)] {
    if (alive(stream)) deliver();
  });
}

const NetworkFaults& Network::FaultsOf(StreamId stream) const {
  const auto own = own_faults_.find(DiallerOf(stream));
  return own == own_faults_.end() ? faults_ : own->second;
}

int64_t Network::DelayNs(const NetworkFaults& faults) {
  const int64_t delay_ns = faults.latency_ns + dice_.Between(0, faults.jitter_ns);
  if (!dice_.Chance(faults.stall)) return delay_ns;
  return delay_ns + dice_.Spread(10'000'000, faults.longest_stall_ns);
}

void Network::Break(StreamId stream, bool agent_learns, bool coordinator_learns) {
  if (!alive(stream)) return;
  const uint32_t agent = streams_[stream].agent;
  streams_[stream].broken = true;
  trace_.Note(heap_.now_ns(), "break", agent, stream,
              [&] { return absl::StrCat("agent ", agent, ": stream ", stream); });
  for (const Way side : {Way::kToAgent, Way::kToCoordinator}) {
    if (!(side == Way::kToAgent ? agent_learns : coordinator_learns)) continue;
    heap_.After(dice_.Between(0, kSlowestNewsNs),
                [this, stream, side] { listener_.OnBroken(stream, side); });
  }
}

void Network::Close(StreamId stream, Way sender) {
  if (!alive(stream)) return;
  const Way other = sender;  // messages that way, and the news after them
  Transmit(stream, other, [this, stream, other] {
    streams_[stream].broken = true;
    listener_.OnBroken(stream, other);
  });
}

void Network::Hold(uint32_t agent, Way way) {
  trace_.Note(heap_.now_ns(), "hold", agent, static_cast<uint64_t>(way), [&] {
    return absl::StrCat("agent ", agent, way == Way::kToAgent ? ": to it" : ": from it");
  });
  LaneOf(agent, way).held = true;
}

void Network::Release(uint32_t agent, Way way) {
  Lane& lane = LaneOf(agent, way);
  if (!lane.held) return;
  trace_.Note(heap_.now_ns(), "release", agent, static_cast<uint64_t>(way), [&] {
    return absl::StrCat("agent ", agent, way == Way::kToAgent ? ": to it" : ": from it");
  });
  lane.held = false;
  for (EventHeap::Action& depart : std::exchange(lane.waiting, {})) depart();
}

void Network::Heal() {
  faults_ = {.latency_ns = faults_.latency_ns, .jitter_ns = faults_.jitter_ns};
  own_faults_.clear();
  for (auto& [key, lane] : lanes_) Release(key.first, key.second);
}

}  // namespace weir
