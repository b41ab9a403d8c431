// Where a URL leads: scheme, host and port. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::cosmos {

struct Authority {
  bool is_tls = false;
  std::string host;     // without brackets
  std::string as_sent;  // as in a Host header: the port only when it is not the scheme's own
  uint16_t port = 0;
};

// kInvalidArgument, saying what is wrong with the URL. A path is looked over.
absl::StatusOr<Authority> ParseAuthority(std::string_view url);

}  // namespace weir::cosmos
