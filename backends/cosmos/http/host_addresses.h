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
  HostAddresses(std::string host, uint16_t port) : host_(std::move(host)), port_(port) {}

  // Waits for the resolver the first time only. Not empty when OK.
  absl::StatusOr<std::vector<SocketAddress>> Get();
  // Asks again, aside: later calls of Get give what was found. For when a connection failed.
  void Refresh();

 private:
  using Found = absl::StatusOr<std::vector<SocketAddress>>;
  static Found Resolve(const std::string& host, uint16_t port);

  const std::string host_;
  const uint16_t port_;
  std::vector<SocketAddress> known_;
  std::future<Found> asked_;
};

}  // namespace weir::cosmos
