#include "backends/cosmos/http/host_addresses.h"

#include <netdb.h>

#include <chrono>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace weir::cosmos {

HostAddresses::Found HostAddresses::Resolve(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &list);
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat("cannot resolve ", host, ": ", gai_strerror(error)));
  }
  std::vector<SocketAddress> found;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    SocketAddress& address = found.emplace_back();
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
  }
  freeaddrinfo(list);
  return found;
}

absl::StatusOr<std::vector<SocketAddress>> HostAddresses::Get() {
  if (known_.empty()) {
    Found found = Resolve(host_, port_);
    if (!found.ok()) return found.status();
    known_ = *std::move(found);
  }
  if (asked_.valid() && asked_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
    if (Found found = asked_.get(); found.ok()) known_ = *std::move(found);
  }
  return known_;
}

void HostAddresses::Refresh() {
  if (asked_.valid()) return;
  asked_ = std::async(std::launch::async, &HostAddresses::Resolve, host_, port_);
}

}  // namespace weir::cosmos
