// What a report has to state so that a stranger can judge and repeat it (R36): one list of items,
// where each comes from, and what a run says about it. An item without a value is never left out:
// it is NOT DISCLOSED, for all to see. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "proto/results.pb.h"

namespace weir {

inline constexpr char kNotDisclosed[] = "NOT DISCLOSED";

struct DisclosedItem {
  std::string subject;     // "run", "agent agent-1", "mixed on postgres"
  absl::string_view item;  // "memory limit"
  std::string value;       // or kNotDisclosed

  bool disclosed() const { return value != kNotDisclosed; }
};

// The run's items, then each agent's, then each leg's: those that its backend has.
std::vector<DisclosedItem> DiscloseRun(const v1::RunResult& run);

// The items themselves, by what they are stated of ("run", "agent", "leg", or a backend), and where
// in the results they come from: "run.version".
struct DisclosureRule {
  absl::string_view subject;
  absl::string_view item;
  absl::string_view source;
};
std::vector<DisclosureRule> DisclosureRules();

}  // namespace weir
