#include "backends/cosmos/http/host_addresses.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir::cosmos {
namespace {

bool IsAddress(const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address) == 1;
}

}  // namespace

HostAddresses::HostAddresses(std::string host, uint16_t port)
    : host_(std::move(host)), port_(port), is_name_(!IsAddress(host_)) {}

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
  if (asked_.valid() && asked_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
    if (Found found = asked_.get(); found.ok()) known_ = *std::move(found);
  }
  if (known_.empty()) {
    Found found = Resolve(host_, port_);
    if (!found.ok()) return found.status();
    known_ = *std::move(found);
  }
  return known_;
}

void HostAddresses::Prefer(const SocketAddress& reached) {
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const SocketAddress& known) {
    return known.size == reached.size &&
           std::memcmp(&known.storage, &reached.storage, known.size) == 0;
  });
  if (found != known_.end()) std::rotate(known_.begin(), found, found + 1);
}

void HostAddresses::Refresh(int64_t now_ns) {
  if (!is_name_ || known_.empty() || asked_.valid()) return;
  if (asked_ns_ != 0 && now_ns - asked_ns_ < kNsPerSecond) return;
  asked_ns_ = now_ns;
  std::promise<Found> promise;
  asked_ = promise.get_future();
  try {
    std::thread([host = host_, port = port_, found = std::move(promise)]() mutable {
      found.set_value(Resolve(host, port));
    }).detach();
  } catch (const std::system_error&) {
    asked_ = {};  // no thread can be had: what is known has to do
  }
}

}  // namespace weir::cosmos
