// The parser survives whatever arrives, and makes the same of it in any pieces: answers with bytes
// changed, left out and doubled, and rows of fragments. Bounded, and the same every time.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/random.h"
#include "tests/backends/cosmos_http/parsed_answer.h"

namespace weir::cosmos {
namespace {

constexpr uint64_t kSeed = 20'261'121;
constexpr uint64_t kChangedAnswers = 20'000;
constexpr uint64_t kFragmentRows = 20'000;

const char* const kAnswers[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nx-ms-request-charge: 1\r\n\r\n{\"id\":\"abc\"}",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;a=b\r\nabcde\r\n1\r\nf\r\n0\r\nTrailer: x\r\n\r\n",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nto the end",
    "HTTP/1.1 204 No Content\r\nx-ms-session-token: 0:-1#5\r\nConnection: close\r\n\r\n"};

const char* const kFragments[] = {"HTTP/1.1 200 OK\r\n",
                                  "HTTP/1.1 204\r\n",
                                  "HTTP/1.0 200 OK\r\n",
                                  "HTTP/1.1 100 C\r\n",
                                  "Content-Length: 3\r\n",
                                  "Content-Length: 0\r\n",
                                  "Transfer-Encoding: chunked\r\n",
                                  "Connection: close\r\n",
                                  "x-ms-request-charge: 2.5\r\n",
                                  "\r\n",
                                  "\r",
                                  "\n",
                                  ":",
                                  ";",
                                  " ",
                                  "3\r\nabc\r\n",
                                  "0\r\n",
                                  "ffffffff\r\n",
                                  "abc",
                                  "{\"a\":1}",
                                  "\xff\xfe"};

void Survives(const std::string& text, uint64_t draw) {
  const ParsedAnswer whole = ParseInPieces(text, {});
  ASSERT_LE(whole.body.size() + whole.left.size(), text.size());
  ASSERT_LE(whole.header_bytes, text.size());
  ASSERT_EQ(whole.state == AnswerParser::State::kBad, !whole.problem.empty()) << text;
  std::vector<size_t> cuts = {Draw(draw, 1) % (text.size() + 1), Draw(draw, 2) % (text.size() + 1)};
  std::sort(cuts.begin(), cuts.end());
  ASSERT_EQ(ParseInPieces(text, cuts), whole)
      << "cut at " << cuts[0] << " and " << cuts[1] << ", seed " << kSeed << ":\n"
      << text;
}

TEST(AnswerParserFuzz, ChangedAnswers) {
  for (uint64_t i = 0; i < kChangedAnswers; ++i) {
    std::string text = kAnswers[i % std::size(kAnswers)];
    const uint64_t changes = 1 + Draw(kSeed, i) % 4;
    for (uint64_t change = 0; change < changes; ++change) {
      const uint64_t drawn = Draw(kSeed + 1, i * 8 + change);
      const size_t at = drawn % text.size();
      switch ((drawn >> 40) % 3) {
        case 0:
          text[at] = static_cast<char>(drawn >> 32);
          break;
        case 1:
          text.erase(at, 1 + (drawn >> 44) % 4);
          if (text.empty()) text = "x";
          break;
        default:
          text.insert(at, text.substr(at, 1 + (drawn >> 44) % 16));
      }
    }
    Survives(text, kSeed + i);
  }
}

TEST(AnswerParserFuzz, FragmentsInARow) {
  for (uint64_t i = 0; i < kFragmentRows; ++i) {
    std::string text = i % 4 == 0 ? "" : "HTTP/1.1 200 OK\r\n";
    const uint64_t length = Draw(kSeed + 2, i) % 12;
    for (uint64_t word = 0; word < length; ++word) {
      text += kFragments[Draw(kSeed + 3, i * 16 + word) % std::size(kFragments)];
    }
    Survives(text, kSeed + i);
  }
}

TEST(AnswerParserFuzz, Truncations) {
  for (const std::string text : kAnswers) {
    for (size_t size = 0; size <= text.size(); ++size) {
      Survives(text.substr(0, size), size);
      Survives(text.substr(size), size);
    }
  }
}

}  // namespace
}  // namespace weir::cosmos
