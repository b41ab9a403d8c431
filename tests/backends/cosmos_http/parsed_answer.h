// What an AnswerParser makes of bytes that arrive in pieces.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cosmos/http/answer_parser.h"

namespace weir::cosmos {

struct ParsedAnswer {
  AnswerParser::State state = AnswerParser::State::kReading;
  AnswerParser::State state_at_end = AnswerParser::State::kReading;
  int status = 0;
  AnswerHeaders headers;
  std::string body;
  std::string left;  // bytes behind the answer
  bool keeps_connection = false;
  uint64_t header_bytes = 0;
  std::string problem;

  // Of a bad answer only that it is bad, and why.
  bool operator==(const ParsedAnswer& other) const {
    if (state != other.state || problem != other.problem) return false;
    if (state == AnswerParser::State::kBad) return true;
    return state_at_end == other.state_at_end && status == other.status && body == other.body &&
           left == other.left && keeps_connection == other.keeps_connection &&
           header_bytes == other.header_bytes && headers.charge == other.headers.charge &&
           headers.session_token == other.headers.session_token;
  }
};

inline std::ostream& operator<<(std::ostream& out, const ParsedAnswer& answer) {
  return out << "state " << static_cast<int>(answer.state) << ", status " << answer.status
             << ", body of " << answer.body.size() << ", left " << answer.left.size()
             << ", header bytes " << answer.header_bytes << ", problem " << answer.problem;
}

// cuts: ascending offsets at which a new piece begins.
inline ParsedAnswer ParseInPieces(const std::string& text, const std::vector<size_t>& cuts) {
  AnswerParser parser;
  ParsedAnswer parsed;
  parser.Start(&parsed.headers, &parsed.body);
  size_t from = 0;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    const size_t to = i < cuts.size() ? cuts[i] : text.size();
    // A copy of its own: what the parser keeps of it would be found out.
    const std::vector<char> piece(text.begin() + static_cast<ptrdiff_t>(from),
                                  text.begin() + static_cast<ptrdiff_t>(to));
    std::string_view bytes(piece.data(), piece.size());
    parsed.state = parser.Take(&bytes);
    parsed.left += bytes;
    from = to;
  }
  parsed.status = parser.status();
  parsed.keeps_connection = parser.keeps_connection();
  parsed.header_bytes = parser.header_bytes();
  parsed.problem = parser.problem();
  parsed.state_at_end = parser.TakeEnd();
  return parsed;
}

}  // namespace weir::cosmos
