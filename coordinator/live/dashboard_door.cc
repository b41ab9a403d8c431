#include "coordinator/live/dashboard_door.h"

#include <arpa/inet.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "base/check.h"

namespace weir {
namespace {

bool IsAddress(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address;
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

bool TakePrefix(std::string_view prefix, std::string_view* text) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

bool SameName(std::string_view a, std::string_view b) {
  return absl::AsciiStrToLower(std::string(a)) == absl::AsciiStrToLower(std::string(b));
}

// The value of a cookie in a header such as "a=1; b=2".
std::string_view CookieNamed(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    std::string_view part = header.substr(0, header.find(';'));
    header.remove_prefix(std::min(header.size(), part.size() + 1));
    while (TakePrefix(" ", &part)) {
    }
    if (TakePrefix(name, &part) && TakePrefix("=", &part)) return part;
  }
  return "";
}

}  // namespace

std::string_view HostWithoutPort(std::string_view host) {
  if (TakePrefix("[", &host)) return host.substr(0, host.find(']'));
  const size_t colon = host.find(':');
  // More than one colon: an IPv6 address without brackets.
  return colon != std::string_view::npos && host.find(':', colon + 1) == std::string_view::npos
             ? host.substr(0, colon)
             : host;
}

bool IsLoopbackName(std::string_view host) {
  if (SameName(host, "localhost") || host == "::1") return true;
  in_addr address;
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == 127;
}

bool SameSecret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

std::string MakeToken() {
  std::array<char, 16> bytes;
  WEIR_CHECK(getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

DashboardDoor::DashboardDoor(std::string token, std::string cookie_name, std::string listen_host,
                             std::string machine_name, bool loopback)
    : token_(std::move(token)),
      cookie_name_(std::move(cookie_name)),
      listen_host_(std::move(listen_host)),
      machine_name_(std::move(machine_name)),
      loopback_(loopback) {
  WEIR_CHECK(!token_.empty());
}

bool DashboardDoor::KnowsHost(std::string_view header) const {
  const std::string_view host = HostWithoutPort(header);
  if (IsLoopbackName(host)) return true;
  if (loopback_) return false;
  return IsAddress(std::string(host)) || SameName(host, listen_host_) ||
         (!machine_name_.empty() && SameName(host, machine_name_));
}

bool DashboardDoor::HasToken(const DashboardRequest& request) const {
  std::string_view bearer = request.authorization;
  if (!TakePrefix("Bearer ", &bearer)) bearer = "";
  return SameSecret(bearer, token_) || SameSecret(request.token, token_) ||
         SameSecret(CookieNamed(request.cookie, cookie_name_), token_);
}

DashboardDoor::Answer DashboardDoor::Judge(const DashboardRequest& request) const {
  if (!KnowsHost(request.host)) {
    return {403, "This dashboard does not answer to that host name.\n"};
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return {405, "A dashboard can only be read.\n"};
  }
  if (!HasToken(request)) {
    return {401,
            "This dashboard needs its token: open the address that weir run printed.\n"
            "If you did, its run is over and another one has the port.\n"};
  }
  const std::string_view path = request.path;
  if (path == "/" || path == "/events" || path == "/metrics" || path == "/report") return {200, ""};
  return {404, "Nothing here.\n"};
}

std::string DashboardDoor::SetCookie() const {
  return absl::StrCat(cookie_name_, "=", token_, "; HttpOnly; SameSite=Strict; Path=/");
}

}  // namespace weir
