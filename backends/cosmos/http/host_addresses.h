// The addresses of a host, as the system's resolver gives them. One thread.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <future>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::cosmos {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

class HostAddresses {
 public:
  // host: a name or an address, without brackets.
  HostAddresses(std::string host, uint16_t port);

  // Waits for the resolver the first time only. Not empty when OK.
  absl::StatusOr<std::vector<SocketAddress>> Get();
  // Puts the address that was reached first, so that others wait for no silent one before it.
  void Prefer(const SocketAddress& reached);
  // Asks again, aside: later calls of Get give what was found. For when a connection failed. Does
  // nothing for an address, and within a second of the last time.
  void Refresh(int64_t now_ns);

 private:
  using Found = absl::StatusOr<std::vector<SocketAddress>>;
  static Found Resolve(const std::string& host, uint16_t port);

  const std::string host_;
  const uint16_t port_;
  const bool is_name_;
  std::vector<SocketAddress> known_;
  // Of a thread that nobody waits for in the end: a resolver may take half a minute.
  std::future<Found> asked_;
  int64_t asked_ns_ = 0;
};

}  // namespace weir::cosmos
