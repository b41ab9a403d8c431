// Finding a PostgreSQL server among this machine's processes.
#pragma once

#include <cstdint>
#include <string>

namespace weir {

// Whether a connection to this host, or directory of a socket, stays on this machine.
bool IsThisMachine(const std::string& host);

// The server process above the backend of this number; 0 when there is no such process here, as
// when the server runs in a container and counts its processes in another way.
int64_t PostmasterOf(int64_t backend_process);

}  // namespace weir
