#include "tests/cluster/fabric.h"

#include "base/check.h"
#include "base/random.h"

namespace weir::cluster {
namespace {

constexpr size_t kAddressBytes = 6;
constexpr size_t kHeaderBytes = 14;
constexpr uint64_t kGroupBit = uint64_t{1} << 40;  // broadcast and multicast

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

}  // namespace

uint64_t TcpPayloadBytes(std::string_view frame) {
  constexpr uint64_t kIpv4 = 0x0800, kTcp = 6;
  if (frame.size() < kHeaderBytes + 20 || BigEndian(frame.substr(12, 2)) != kIpv4) return 0;
  const std::string_view packet = frame.substr(kHeaderBytes);
  const uint64_t ip_bytes = (BigEndian(packet.substr(0, 1)) & 0xf) * 4;
  if (BigEndian(packet.substr(9, 1)) != kTcp || packet.size() < ip_bytes + 20) return 0;
  const uint64_t tcp_bytes = BigEndian(packet.substr(ip_bytes + 12, 1)) >> 4 << 2;
  const uint64_t total_bytes = BigEndian(packet.substr(2, 2));
  return total_bytes > ip_bytes + tcp_bytes ? total_bytes - ip_bytes - tcp_bytes : 0;
}

Fabric::Fabric(int ports, uint64_t seed)
    : ports_(ports), counts_(static_cast<size_t>(ports) * static_cast<size_t>(ports)) {
  for (uint64_t link = 0; link < counts_.size(); ++link) links_.emplace_back(Draw(seed, link));
}

void Fabric::Set(int from, int to, const LinkConditions& conditions) {
  links_[Index(from, to)].Set(conditions);
}

const LinkConditions& Fabric::conditions(int from, int to) const {
  return links_[Index(from, to)].conditions();
}

void Fabric::Enter(int from, std::string_view frame, int64_t now_ns) {
  WEIR_CHECK(from >= 0 && from < ports_);
  if (frame.size() < kHeaderBytes) return;
  const uint64_t target = BigEndian(frame.substr(0, kAddressBytes));
  const uint64_t source = BigEndian(frame.substr(kAddressBytes, kAddressBytes));
  if ((source & kGroupBit) == 0) port_of_[source] = from;
  const auto known = port_of_.find(target);
  if ((target & kGroupBit) == 0 && known != port_of_.end()) {
    if (known->second != from) Send(from, known->second, frame, now_ns);
    return;
  }
  for (int to = 0; to < ports_; ++to) {
    if (to != from) Send(from, to, frame, now_ns);
  }
}

void Fabric::Send(int from, int to, std::string_view frame, int64_t now_ns) {
  const std::optional<int64_t> arrival_ns = links_[Index(from, to)].Send(now_ns, frame.size());
  LinkCount& count = counts_[Index(from, to)];
  if (!arrival_ns) {
    ++count.dropped;
    return;
  }
  if (TcpPayloadBytes(frame) > 0) count.last_payload_ns = now_ns;
  under_way_.Push(*arrival_ns, {from, to, std::string(frame)});
}

void Fabric::Release(int64_t now_ns, const Deliver& deliver) {
  while (under_way_.NextNs() <= now_ns) {
    const FrameUnderWay frame = under_way_.Pop();
    LinkCount& count = counts_[Index(frame.from, frame.to)];
    if (links_[Index(frame.from, frame.to)].conditions().cut) {
      ++count.dropped;
      continue;
    }
    ++count.frames;
    count.bytes += frame.bytes.size();
    if (TcpPayloadBytes(frame.bytes) > 0) ++count.payloads;
    deliver(frame.to, frame.bytes);
  }
}

}  // namespace weir::cluster
