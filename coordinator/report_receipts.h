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
    for (Agent& agent : agents_) {
      for (; !agent.unkept.empty() && agent.unkept.front().second <= second;
           agent.unkept.pop_front()) {
        agent.kept = agent.unkept.front().first;
      }
    }
  }

  // The agent is known to have sent reports up to this one.
  void Exists(uint32_t agent, uint64_t sequence) {
    if (sequence > agents_[agent].highest) agents_[agent].highest = sequence;
  }

  uint64_t merged(uint32_t agent) const { return agents_[agent].merged; }
  uint64_t kept(uint32_t agent) const { return agents_[agent].kept; }
  bool missing(uint32_t agent) const { return agents_[agent].merged < agents_[agent].highest; }

  // The next reports to ask the agent for: those missing, a few at a time.
  std::pair<uint64_t, uint64_t> ToAskFor(uint32_t agent) {
    constexpr uint64_t kAtOnce = 4;
    Agent& asked = agents_[agent];
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
    std::deque<std::pair<uint64_t, uint32_t>> unkept;  // sequence and second, in order
  };

  std::vector<Agent> agents_;
};

}  // namespace weir
