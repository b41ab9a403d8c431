#include "coordinator/joining.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/clock.h"
#include "coordinator/agent_shares.h"

namespace weir {
namespace {

constexpr uint32_t kMostNamed = 20;
constexpr int64_t kWallClockWarningNs = 100 * kNsPerMs;

// Those after the twentieth are counted.
class Names {
 public:
  void Add(const std::string& name) {
    if (++count_ <= kMostNamed) absl::StrAppend(&text_, text_.empty() ? "" : ", ", name);
  }
  std::string Text() const {
    if (count_ == 0) return "nobody";
    return count_ <= kMostNamed ? text_
                                : absl::StrCat(text_, " and ", count_ - kMostNamed, " more");
  }

 private:
  uint32_t count_ = 0;
  std::string text_;
};

}  // namespace

std::string MissingAgents(const Roster& roster, int64_t timeout_ns, uint32_t fewest) {
  const std::string waited = absl::StrCat(timeout_ns / kNsPerSecond, " s (--join-timeout)");
  if (roster.size() == 0) return absl::StrCat("no agent joined within ", waited);
  if (roster.open() && roster.size() < fewest) {
    return absl::StrCat(roster.present(), " agents joined within ", waited,
                        ", fewer than --min-agents ", fewest);
  }
  if (roster.present() == roster.size()) {
    return absl::StrCat("the clocks of the agents could not be measured in time, ", waited);
  }
  Names missing;
  Names here;
  for (uint32_t agent = 0; agent < roster.size(); ++agent) {
    if (!roster.present(agent)) {
      missing.Add(absl::StrCat(agent));
      continue;
    }
    const v1::AgentFacts& facts = roster.FactsOf(agent);
    here.Add(absl::StrCat(agent, " (", facts.name(), " on ", facts.host(), ")"));
  }
  return absl::StrCat(roster.size() - roster.present(), " of ", roster.size(),
                      " agents did not join within ", waited, "; missing: ", missing.Text(),
                      "; here: ", here.Text());
}

std::string SettleNumber(uint32_t agents, v1::RunResult* run) {
  v1::Condition* joined = run->add_conditions();
  joined->set_group("weir");
  joined->set_name("agents");
  joined->set_value(absl::StrCat(agents, ", as many as joined (--expect-agents auto)"));
  return WhyNotShared(run->campaign(), agents);
}

std::vector<std::string> WallClockWarnings(const v1::RunResult& run) {
  std::vector<std::string> warnings;
  for (const v1::AgentFacts& agent : run.agents()) {
    const int64_t offset_ns = agent.wall_clock_offset_ns();
    if (std::abs(offset_ns) <= kWallClockWarningNs) continue;
    warnings.push_back(absl::StrFormat(
        "agent %s: its wall clock is %.1f s %s the coordinator's; nothing is measured by it, but "
        "times in logs will not agree",
        agent.name(), static_cast<double>(std::abs(offset_ns)) / 1e9,
        offset_ns > 0 ? "ahead of" : "behind"));
  }
  return warnings;
}

}  // namespace weir
