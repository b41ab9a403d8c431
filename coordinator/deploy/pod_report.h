// What `kubectl get pods -o json` says of the pods of one run. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weir {

struct PodReport {
  std::string name;
  std::string component;  // "coordinator" or "agent"
  bool started = false;   // its main container runs or ran
  bool ended = false;
  std::optional<int> exit_code;  // of the main container, when it has ended
  std::string trouble;           // why it does not start, in Kubernetes's words; empty: none known
};

absl::StatusOr<std::vector<PodReport>> ReadPodReports(const std::string& json);

}  // namespace weir
