#include "control/control_address.h"

#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/loopback.h"
#include "base/status.h"

namespace weir {

std::string ControlAddress::ToString() const {
  const bool v6 = host.find(':') != std::string::npos;
  return absl::StrCat(v6 ? "[" : "", host, v6 ? "]" : "", ":", port);
}

absl::StatusOr<ControlAddress> ParseControlAddress(absl::string_view text) {
  const auto wrong = [text](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not HOST:PORT: ", why,
                                                   "; such as 10.0.0.5:7070 or [::1]:7070"));
  };
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return wrong("it has no port");
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty()) return wrong("it has no host");
  if (host.find_first_of("/[]@, ") != absl::string_view::npos) return wrong("no such host");
  if (!bracketed && host.find(':') != absl::string_view::npos) {
    return wrong("an IPv6 address needs brackets");
  }
  uint32_t port = 0;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &port) || port > UINT16_MAX) {
    return wrong("no such port");
  }
  return ControlAddress{std::string(host), static_cast<uint16_t>(port)};
}

absl::StatusOr<std::vector<ControlAddress>> ParseControlAddresses(absl::string_view text) {
  std::vector<ControlAddress> addresses;
  std::set<std::string> seen;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    WEIR_ASSIGN_OR_RETURN(ControlAddress address, ParseControlAddress(part));
    if (!seen.insert(address.ToString()).second) {
      return absl::InvalidArgumentError(absl::StrCat(address.ToString(), " is named twice"));
    }
    addresses.push_back(std::move(address));
  }
  return addresses;
}

bool OnThisMachine(const ControlAddress& address) { return IsLoopback(address.host); }

}  // namespace weir
