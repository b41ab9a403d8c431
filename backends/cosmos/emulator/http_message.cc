#include "backends/cosmos/emulator/http_message.h"

#include <strings.h>

#include <cstring>

namespace weir::cosmos::emulator {
namespace {

constexpr size_t kUsualHeaderBytes = 640;  // of an item's answer: one allocation

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() != name.size() || (key.back() | 0x20) != name.back()) continue;
    // Most are sent in lower case.
    if (std::memcmp(key.data(), name.data(), name.size()) == 0 ||
        strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return {};
}

bool HttpRequest::HeaderIsTrue(std::string_view name) const {
  const std::string_view value = Header(name);
  return value.size() == 4 && strncasecmp(value.data(), "true", 4) == 0;
}

std::string* HeaderLines::Open(std::string_view name) {
  if (text_.empty()) text_.reserve(kUsualHeaderBytes);
  text_.append(name).append(": ");
  return &text_;
}

void HeaderLines::Add(std::string_view name, std::string_view value) {
  const bool has_end = std::memchr(value.data(), '\n', value.size()) != nullptr ||
                       std::memchr(value.data(), '\r', value.size()) != nullptr;
  if (has_end) return;
  Open(name)->append(value);
  Close();
}

std::string_view HeaderLines::Find(std::string_view name) const {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(": ")) {
      return line.substr(name.size() + 2);
    }
    rest.remove_prefix(end + 2);
  }
  return {};
}

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 207:
      return "Multi-Status";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 423:
      return "Locked";
    case 424:
      return "Failed Dependency";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 449:
      return "Retry With";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace weir::cosmos::emulator
