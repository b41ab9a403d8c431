// Addresses of the control stream, as the command line takes them: HOST:PORT, with an IPv6 address
// in brackets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weir {

struct ControlAddress {
  std::string host;  // without brackets; never empty
  uint16_t port = 0;

  std::string ToString() const;  // as gRPC takes it
};

// Only HOST:PORT, so that what is checked is what is used: gRPC by itself knows paths and schemes.
absl::StatusOr<ControlAddress> ParseControlAddress(absl::string_view text);

// Separated by commas; no address twice.
absl::StatusOr<std::vector<ControlAddress>> ParseControlAddresses(absl::string_view text);

// Whether only this machine can be at the other end: 127.0.0.0/8, ::1, or a name that means nothing
// else. Every interface ("0.0.0.0", "::") is not. Resolving a name may block.
bool OnThisMachine(const ControlAddress& address);

}  // namespace weir
