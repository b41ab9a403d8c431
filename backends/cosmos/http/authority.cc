#include "backends/cosmos/http/authority.h"

#include <algorithm>
#include <charconv>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace weir::cosmos {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

absl::Status Wrong(const char* what, std::string_view url) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, ": ", absl::string_view(url.data(), url.size())));
}

// 0 for anything but a port.
uint16_t PortOf(std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, port);
  return read.ec == std::errc() && read.ptr == end ? port : 0;
}

}  // namespace

absl::StatusOr<Authority> ParseAuthority(std::string_view url) {
  if (url.find("AccountKey=") != std::string_view::npos) {  // not quoted: it holds the key
    return absl::InvalidArgumentError("a connection string stands where a URL belongs");
  }
  Authority authority;
  authority.is_tls = url.starts_with(kHttps);
  if (!authority.is_tls && !url.starts_with(kHttp)) return Wrong("not an http or https URL", url);
  std::string_view text = url.substr(authority.is_tls ? kHttps.size() : kHttp.size());
  text = text.substr(0, text.find_first_of("/?#"));
  if (text.find('@') != std::string_view::npos) {
    return absl::InvalidArgumentError("no name or password can stand in the URL");  // not quoted
  }

  const uint16_t usual = authority.is_tls ? 443 : 80;
  const size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  const size_t colon = text.find(':', std::min(bracket, text.size()));
  authority.port = usual;
  if (colon != std::string_view::npos) {
    authority.port = PortOf(text.substr(colon + 1));
    if (authority.port == 0) return Wrong("what follows the host is no port", url);
    text = text.substr(0, colon);
  }
  authority.as_sent = std::string(text);
  if (authority.port != usual) absl::StrAppend(&authority.as_sent, ":", authority.port);
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (text.empty() || text.starts_with('[')) return Wrong("no host in the URL", url);
  authority.host = std::string(text);
  return authority;
}

}  // namespace weir::cosmos
