#include "agent/platform.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace weir {
namespace {

constexpr const char* kIndexVariables[] = {"JOB_COMPLETION_INDEX", "BACALHAU_PARTITION_INDEX"};
constexpr const char* kNodeVariables[] = {"NODE_NAME", "BACALHAU_NODE_ID"};

}  // namespace

absl::StatusOr<Platform> ReadPlatform(
    const std::function<std::string(const std::string&)>& environment) {
  Platform platform;
  if (!environment("KUBERNETES_SERVICE_HOST").empty()) {
    platform.name = "kubernetes";
  } else if (!environment("BACALHAU_NODE_ID").empty() ||
             !environment("BACALHAU_PARTITION_INDEX").empty()) {
    platform.name = "bacalhau";
  }
  for (const char* variable : kNodeVariables) {
    if (platform.node.empty()) platform.node = environment(variable);
  }
  for (const char* variable : kIndexVariables) {
    const std::string text = environment(variable);
    if (text.empty() || platform.index) continue;
    uint32_t index = 0;
    if (!absl::SimpleAtoi(text, &index)) {
      return absl::InvalidArgumentError(
          absl::StrCat(variable, "=", text, " is not an index: give one with --index"));
    }
    platform.index = index;
  }
  return platform;
}

}  // namespace weir
