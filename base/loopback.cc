#include "base/loopback.h"

#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>

#include "absl/strings/str_split.h"

namespace weir {
namespace {

bool IsLoopbackAddress(const sockaddr* address) {
  constexpr uint32_t kFirstByte = 127;
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return ntohl(v4->sin_addr.s_addr) >> 24 == kFirstByte;
  }
  if (address->sa_family != AF_INET6) return false;
  const in6_addr& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == kFirstByte);
}

bool IsLoopbackHost(std::string host) {
  if (host.empty() || host.front() == '/' || host.front() == '@') return true;
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, &freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (!IsLoopbackAddress(each->ai_addr)) return false;
  }
  return found != nullptr;
}

}  // namespace

bool IsLoopback(const std::string& hosts) {
  for (const absl::string_view host : absl::StrSplit(hosts, ',')) {
    if (!IsLoopbackHost(std::string(host))) return false;
  }
  return true;
}

}  // namespace weir
