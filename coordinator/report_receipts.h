// Which reports of each agent have arrived, which were kept for good and may be acknowledged, and
// which are missing (R41). Owned by StageRun; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace weir {

class ReportReceipts {
 public:
  explicit ReportReceipts(uint32_t agents) : agents_(agents) {}

  // Report `sequence`, the agent's next, was merged into `second`.
  void Merged(uint32_t agent, uint64_t sequence, uint32_t second) {
    agents_[agent].merged = sequence;
    agents_[agent].unkept.emplace_back(sequence, second);
  }

  // All seconds up to this one have been kept, or there are none that the agent's reports wait for.
  void Kept(uint32_t second) {
    for (uint32_t agent = 0; agent < agents_.size(); ++agent) Kept(agent, second);
  }
  void Kept(uint32_t agent, uint32_t second) {
    std::deque<std::pair<uint64_t, uint32_t>>& unkept = agents_[agent].unkept;
    for (; !unkept.empty() && unkept.front().second <= second; unkept.pop_front()) {
      agents_[agent].kept = unkept.front().first;
    }
  }

  // The agent is known to have sent reports up to this one.
  void Exists(uint32_t agent, uint64_t sequence) {
    if (sequence > agents_[agent].highest) agents_[agent].highest = sequence;
  }

  uint64_t merged(uint32_t agent) const { return agents_[agent].merged; }
  uint64_t kept(uint32_t agent) const { return agents_[agent].kept; }
  bool missing(uint32_t agent) const { return agents_[agent].merged < agents_[agent].highest; }

  // Whether to ask for what is missing: not while an answer may be under way. Each report behind a
  // gap that is not filled would otherwise bring several more of them.
  bool due(uint32_t agent, int64_t now_ns) const {
    constexpr int64_t kPatienceNs = 100'000'000;
    const Agent& asked = agents_[agent];
    return answered(agent) || now_ns < asked.asked_ns || now_ns - asked.asked_ns >= kPatienceNs;
  }

  // The next reports to ask the agent for: those missing, a few at a time.
  std::pair<uint64_t, uint64_t> ToAskFor(uint32_t agent, int64_t now_ns) {
    constexpr uint64_t kAtOnce = 4;
    Agent& asked = agents_[agent];
    asked.asked_ns = now_ns;
    const uint64_t first = asked.merged + 1;
    asked.asked = asked.highest < first + kAtOnce ? asked.highest : first + kAtOnce - 1;
    return {first, asked.asked};
  }
  // What was asked for has come.
  bool answered(uint32_t agent) const { return agents_[agent].merged >= agents_[agent].asked; }

 private:
  struct Agent {
    uint64_t merged = 0;
    uint64_t kept = 0;
    uint64_t highest = 0;
    uint64_t asked = 0;
    int64_t asked_ns = 0;
    std::deque<std::pair<uint64_t, uint32_t>> unkept;  // sequence and second, in order
  };

  std::vector<Agent> agents_;
};

}  // namespace weir
