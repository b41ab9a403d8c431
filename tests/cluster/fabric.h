// A learning Ethernet switch, between every two of whose ports lies a link of its own in each
// direction. No I/O: it is told what arrives at a port and what time it is, and says what leaves.
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/cluster/delay_queue.h"
#include "tests/cluster/link.h"

namespace weir::cluster {

// What went over a link.
struct LinkCount {
  uint64_t frames = 0;  // delivered
  uint64_t bytes = 0;
  uint64_t dropped = 0;
  uint64_t payloads = 0;        // delivered TCP segments that carried bytes
  int64_t last_payload_ns = 0;  // when the last of them was sent; 0: none
};

class Fabric {
 public:
  // Takes a frame out at port `to`.
  using Deliver = std::function<void(int to, std::string_view frame)>;

  Fabric(int ports, uint64_t seed);

  int ports() const { return ports_; }
  void Set(int from, int to, const LinkConditions& conditions);
  const LinkConditions& conditions(int from, int to) const;
  const LinkCount& count(int from, int to) const { return counts_[Index(from, to)]; }

  // A frame has entered at port `from`. What is too short to be one is dropped.
  void Enter(int from, std::string_view frame, int64_t now_ns);
  // When Release has something to do next; DelayQueue::kNever: not before another frame enters.
  int64_t NextNs() const { return under_way_.NextNs(); }
  // Delivers what has arrived by now.
  void Release(int64_t now_ns, const Deliver& deliver);

 private:
  size_t Index(int from, int to) const { return static_cast<size_t>(from * ports_ + to); }
  void Send(int from, int to, std::string_view frame, int64_t now_ns);

  const int ports_;
  std::vector<Link> links_;
  std::vector<LinkCount> counts_;
  std::unordered_map<uint64_t, int> port_of_;  // by the address of the sender
  DelayQueue under_way_;
};

// Bytes of user data in a frame that holds TCP over IPv4; 0 for all others.
uint64_t TcpPayloadBytes(std::string_view frame);

}  // namespace weir::cluster
