// Passwords and keys are in the memory of a process that drives databases; a core dump would write
// them to a disk, or hand them to a crash reporter.
#pragma once

namespace weir {

// No core file, and nothing of the memory in what the kernel pipes to a handler. Inherited by the
// processes that are started. First thing in a program.
void LeaveNoCore();

}  // namespace weir
