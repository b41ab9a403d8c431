// Reads a secret where it is referred to. The value lives in the backend that needs it, and is
// never put into a message, a log line or a report.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "proto/rules.pb.h"

namespace weir {

// Empty when the reference is not set. `what` names the field in messages: "targets.cosmos.key".
// An unset variable or an unreadable file is kInvalidArgument. One trailing newline of a file is
// dropped.
absl::StatusOr<std::string> ReadSecret(const v1::Secret& secret, std::string_view what);

}  // namespace weir
