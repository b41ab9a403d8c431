// A request and its answer, as the server hands them to the service and gets them back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::cosmos::emulator {

// Names and values point into the connection; valid while the handler runs.
struct HttpRequest {
  // Behind the body, so that simdjson can read it where it is.
  static constexpr size_t kBodyPadding = 64;

  std::string_view method;
  std::string_view path;  // still percent-encoded, without the query string
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string body;  // with room for the padding behind it

  // name in lower case. Empty when there is no such header.
  std::string_view Header(std::string_view name) const;
  bool HeaderIsTrue(std::string_view name) const;
};

// Header lines as they are sent, one behind the other.
class HeaderLines {
 public:
  // One whose value holds an end of line is left out: it would be two.
  void Add(std::string_view name, std::string_view value);
  // For a value made in place, without an end of line: append it to the string, then Close.
  std::string* Open(std::string_view name);
  void Close() { text_.append("\r\n"); }

  const std::string& text() const { return text_; }
  // Of the first line with the name, spelled as it was added; empty when there is none.
  std::string_view Find(std::string_view name) const;

 private:
  std::string text_;
};

struct HttpResponse {
  int status = 200;
  HeaderLines headers;
  std::string body;
  int64_t delay_ms = 0;     // how much later it is sent
  bool is_dropped = false;  // not sent: the connection is closed
  uint64_t ticket = 0;      // of the server's gate: sent once that is open

  void Set(std::string_view name, std::string_view value) { headers.Add(name, value); }
};

// What follows the number in a status line.
std::string_view ReasonOf(int status);

}  // namespace weir::cosmos::emulator
