// Reads every document of a container back. Blocking; one thread.
#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

#include "backends/cosmos/control_client.h"
#include "backends/cosmos/session_room.h"

namespace weir::cosmos {

// As Backend::Scan.
absl::Status ScanContainer(Container* container, ControlClient* client,
                           absl::FunctionRef<void(const Record&)> visit);

}  // namespace weir::cosmos
