// A network namespace with one Ethernet interface, eth0, whose other end is a descriptor of ours
// (a TAP device). The namespace lives as long as the descriptors or a process within it.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace weir::cluster {

struct TapNode {
  std::string name;
  std::string address;    // IPv4, in 10.77.0.0/24
  int namespace_fd = -1;  // open until the process ends, as is tap_fd
  int tap_fd = -1;        // non-blocking; one frame per read and write
};

// The node's address ends in `number` (1 … 254). Only for a process with one thread, which needs
// CAP_SYS_ADMIN and CAP_NET_ADMIN in its user namespace; an error says what the kernel forbade.
absl::StatusOr<TapNode> MakeTapNode(const std::string& name, int number);

}  // namespace weir::cluster
