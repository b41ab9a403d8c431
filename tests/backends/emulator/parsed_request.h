// What a RequestParser makes of bytes that arrive in pieces.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/cosmos/emulator/request_parser.h"

namespace weir::cosmos::emulator {

inline constexpr size_t kTestBodyBytes = 4096;

struct ParsedRequest {
  std::string method;
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool keeps_connection = false;
  bool is_http_1_0 = false;
  bool is_too_large = false;

  bool operator==(const ParsedRequest&) const = default;
};

// All requests of a connection, and how it ended.
struct ParsedRequests {
  std::vector<ParsedRequest> requests;
  RequestParser::State state = RequestParser::State::kReading;
  bool untouched = true;
  int bad_status = 0;
  std::string problem;

  bool operator==(const ParsedRequests&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const ParsedRequests& parsed) {
  for (const ParsedRequest& request : parsed.requests) {
    out << request.method << " " << request.path << ", " << request.headers.size() << " headers, "
        << request.body.size() << " bytes; ";
  }
  return out << "then state " << static_cast<int>(parsed.state) << " " << parsed.problem;
}

inline ParsedRequest Copy(const HttpRequest& request, const RequestParser& parser) {
  ParsedRequest copy;
  copy.method = request.method;
  copy.path = request.path;
  for (const auto& [name, value] : request.headers) copy.headers.emplace_back(name, value);
  if (!parser.is_too_large()) copy.body = request.body;
  copy.keeps_connection = parser.keeps_connection();
  copy.is_http_1_0 = parser.is_http_1_0();
  copy.is_too_large = parser.is_too_large();
  return copy;
}

// cuts: ascending offsets at which a new piece begins.
inline ParsedRequests ParseInPieces(const std::string& text, const std::vector<size_t>& cuts) {
  RequestParser parser(kTestBodyBytes);
  HttpRequest request;
  ParsedRequests parsed;
  size_t from = 0;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    const size_t to = i < cuts.size() ? cuts[i] : text.size();
    // A copy of its own: what the parser keeps of it would be found out.
    const std::vector<char> piece(text.begin() + static_cast<ptrdiff_t>(from),
                                  text.begin() + static_cast<ptrdiff_t>(to));
    std::string_view bytes(piece.data(), piece.size());
    from = to;
    while (!bytes.empty() && parsed.state != RequestParser::State::kBad) {
      parsed.state = parser.Take(&bytes, &request);
      if (parsed.state != RequestParser::State::kDone) continue;
      parsed.requests.push_back(Copy(request, parser));
      parser.Start();
      parsed.state = RequestParser::State::kReading;
    }
  }
  parsed.untouched = parser.untouched();
  parsed.bad_status = parser.bad_status();
  parsed.problem = parser.problem();
  return parsed;
}

}  // namespace weir::cosmos::emulator
