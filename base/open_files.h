// A coordinator has a file descriptor for each agent, an agent and the emulator one for each
// session; systems allow 1,024 unless a program asks for more.
#pragma once

namespace weir {

inline constexpr unsigned kManyOpenFiles = 65'536;

// So many, or as many as the system lets this user have. Inherited by the processes that are
// started. First thing in a program.
void AllowManyOpenFiles();

}  // namespace weir
