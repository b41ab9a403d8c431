#include "base/mutex_checks.h"

#include "absl/synchronization/mutex.h"

namespace weir {

void LeaveOutMutexChecks() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace weir
