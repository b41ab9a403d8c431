// Whether what a coordinator says can be from one (R56): times that can be reckoned with, texts
// that have an end. What it asks an agent to carry out is looked at apart (agent/prepare_checks.h).
// Pure.
#pragma once

#include "absl/status/status.h"

#include "proto/control.pb.h"

namespace weir {

// kInvalidArgument, in words.
absl::Status CheckCoordinatorMessage(const v1::CoordinatorMessage& message);

}  // namespace weir
