// What an agent makes sure of before it carries out anything that a coordinator asks (R53, R56): a
// coordinator may be broken, older, or not who it should be. Pure but for looking paths up.
#pragma once

#include "absl/status/status.h"

#include "agent/operator_limits.h"
#include "proto/control.pb.h"

namespace weir {

// kInvalidArgument for what cannot be carried out, kPermissionDenied for what the agent's operator
// does not allow. Nothing has been opened or connected then.
absl::Status CheckPrepare(const v1::Prepare& prepare, const OperatorLimits& limits);

}  // namespace weir
