// Debian builds Abseil with its search for deadlocks: every lock of a mutex that waits for another
// is noted in a graph, which gRPC pays for with each message.
#pragma once

namespace weir {

// No such search in this process. First thing in a program.
void LeaveOutMutexChecks();

}  // namespace weir
