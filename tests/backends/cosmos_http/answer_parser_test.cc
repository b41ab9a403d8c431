#include "backends/cosmos/http/answer_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

#include "tests/backends/cosmos_http/parsed_answer.h"

namespace weir::cosmos {
namespace {

using ::testing::HasSubstr;
using State = AnswerParser::State;

// However the bytes arrive, the result is the same.
ParsedAnswer Parsed(const std::string& text) {
  const ParsedAnswer whole = ParseInPieces(text, {});
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(ParseInPieces(text, {cut}), whole) << "cut at " << cut << " of:\n" << text;
  }
  std::vector<size_t> everywhere;
  for (size_t cut = 1; cut < text.size(); ++cut) everywhere.push_back(cut);
  EXPECT_EQ(ParseInPieces(text, everywhere), whole) << text;
  return whole;
}

TEST(AnswerParser, ReadsStatusHeadersAndBody) {
  const ParsedAnswer answer = Parsed(
      "HTTP/1.1 201 Created\r\nx-ms-request-charge: 5.71\r\nContent-Length: 4\r\n"
      "x-ms-session-token:0:1#2\r\n\r\nbodyrest");
  EXPECT_EQ(answer.state, State::kDone);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.headers.charge, 5'710);
  EXPECT_EQ(answer.headers.session_token, "0:1#2");
  EXPECT_EQ(answer.body, "body");
  EXPECT_EQ(answer.left, "rest");
  EXPECT_TRUE(answer.keeps_connection);
  EXPECT_EQ(answer.header_bytes, 22u + 27u + 19u + 26u + 2u);
}

TEST(AnswerParser, TakesLinesThatEndInANewlineOnly) {
  const ParsedAnswer answer = Parsed("HTTP/1.1 200\ncontent-length:2\n\nab");
  EXPECT_EQ(answer.state, State::kDone);
  EXPECT_EQ(answer.body, "ab");
}

TEST(AnswerParser, ReadsChunksWithExtensionsAndTrailers) {
  const std::string head = "HTTP/1.1 200 OK\r\ntransfer-ENCODING: Chunked\r\n\r\n";
  const ParsedAnswer answer =
      Parsed(head +
             "3\r\nabc\r\n1A;name=\"v\"; other\r\nabcdefghijklmnopqrstuvwxyz\r\n0001 \r\n!\r\n"
             "0\r\nx-ms-request-charge: 9\r\nOther: x\r\n\r\nleft");
  EXPECT_EQ(answer.state, State::kDone);
  EXPECT_EQ(answer.body, "abcabcdefghijklmnopqrstuvwxyz!");
  EXPECT_EQ(answer.left, "left");
  EXPECT_EQ(answer.headers.charge, 0) << "a trailer is no header";
  EXPECT_EQ(answer.header_bytes, head.size());
}

TEST(AnswerParser, ChunksWinOverALength) {
  const ParsedAnswer answer = Parsed(
      "HTTP/1.1 200 OK\r\nContent-Length: 90\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\na\r\n0\r\n\r\n");
  EXPECT_EQ(answer.state, State::kDone);
  EXPECT_EQ(answer.body, "a");
}

TEST(AnswerParser, ManySmallChunksAreNoLongHeader) {
  std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 100'000; ++i) text += "1\r\nx\r\n";
  const ParsedAnswer answer = ParseInPieces(text + "0\r\n\r\n", {});
  EXPECT_EQ(answer.state, State::kDone);
  EXPECT_EQ(answer.body.size(), 100'000u);
}

TEST(AnswerParser, BadChunksAreBad) {
  for (const char* chunks :
       {"\r\n", "x\r\n", "-1\r\n", "+1\r\n", "0x1\r\na\r\n", "1 1\r\n", "ffffffffffffffff\r\n",
        "10000000000000000\r\n", "1\r\nab\r\n", "2\r\na\r\n\r\n"}) {
    const ParsedAnswer answer =
        Parsed(absl::StrCat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunks));
    EXPECT_EQ(answer.state, State::kBad) << chunks;
    EXPECT_NE(answer.problem, "");
  }
}

TEST(AnswerParser, WithoutALengthTheEndOfTheConnectionEndsIt) {
  const ParsedAnswer answer = Parsed("HTTP/1.1 200 OK\r\n\r\nall of it");
  EXPECT_EQ(answer.state, State::kReading);
  EXPECT_EQ(answer.state_at_end, State::kDone);
  EXPECT_EQ(answer.body, "all of it");
  EXPECT_FALSE(answer.keeps_connection);
}

TEST(AnswerParser, AnyOtherAnswerIsCutOffByTheEnd) {
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345";
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(ParseInPieces(text.substr(0, size), {}).state_at_end, State::kBad) << size;
  }
}

TEST(AnswerParser, LooksOverInterimAnswers) {
  const ParsedAnswer answer = Parsed(
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nx-ms-request-charge: 9\r\nContent-Length: 7\r\n"
      "Connection: close\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(answer.state, State::kDone);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.charge, 0);
  EXPECT_EQ(answer.body, "x");
  EXPECT_TRUE(answer.keeps_connection);
}

TEST(AnswerParser, SomeAnswersHaveNoBodyWhateverTheySay) {
  for (const char* status : {"204 No Content", "304 Not Modified"}) {
    for (const char* header : {"", "Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n"}) {
      const ParsedAnswer answer =
          Parsed(absl::StrCat("HTTP/1.1 ", status, "\r\n", header, "\r\nnext"));
      EXPECT_EQ(answer.state, State::kDone);
      EXPECT_EQ(answer.body, "");
      EXPECT_EQ(answer.left, "next");
    }
  }
}

TEST(AnswerParser, KeepsTheConnectionAsTheVersionAndTheServerSay) {
  const auto keeps = [](const char* version, const char* headers) {
    return Parsed(absl::StrCat(version, " 200 OK\r\nContent-Length: 0\r\n", headers, "\r\n"))
        .keeps_connection;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_TRUE(keeps("HTTP/1.1", "Connection: keep-alive\r\n"));
  EXPECT_TRUE(keeps("HTTP/1.1", "Connection: upgrade, ,\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "connection: Close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: keep-alive, close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\nConnection: keep-alive\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST(AnswerParser, BadHeadsAreBad) {
  for (const char* text : {"\r\n",
                           "hello\r\n",
                           "HTTP/2 200 OK\r\n",
                           "HTTP/1.1 20 OK\r\n",
                           "HTTP/1.1 2000 OK\r\n",
                           "HTTP/1.1 099 OK\r\n",
                           "HTTP/1.1  200 OK\r\n",
                           "HTTP/1.1\t200 OK\r\n",
                           "HTTP/1.1 -20 OK\r\n",
                           "HTTP/1.1 101 Switching Protocols\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nno colon\r\n",
                           "HTTP/1.1 200 OK\r\n: no name\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n",
                           "HTTP/1.1 200 OK\r\na: b\r\n folded: c\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: \r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n"}) {
    const ParsedAnswer answer = Parsed(text);
    EXPECT_EQ(answer.state, State::kBad) << text;
    EXPECT_NE(answer.problem, "") << text;
  }
}

TEST(AnswerParser, TheSameLengthTwiceIsOneLength) {
  EXPECT_EQ(Parsed("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na").state,
            State::kDone);
}

TEST(AnswerParser, HeadersHaveALimitHoweverTheyCome) {
  const std::string status = "HTTP/1.1 200 OK\r\n";
  const std::string one_line = status + "a: " + std::string(AnswerParser::kMostHeaderBytes, 'x');
  EXPECT_EQ(ParseInPieces(one_line, {}).state, State::kBad);
  EXPECT_EQ(ParseInPieces(one_line, {1'000, 200'000}).state, State::kBad);
  std::string many = status;
  while (many.size() <= AnswerParser::kMostHeaderBytes) many += "name: value\r\n";
  EXPECT_EQ(ParseInPieces(many, {}).problem, "the answer's headers are too long");
  std::string interim;
  while (interim.size() <= AnswerParser::kMostHeaderBytes) interim += "HTTP/1.1 100 C\r\n\r\n";
  EXPECT_EQ(ParseInPieces(interim, {}).state, State::kBad);
  std::string trailers = status + "Transfer-Encoding: chunked\r\n\r\n0\r\n";
  while (trailers.size() <= 2 * AnswerParser::kMostHeaderBytes) trailers += "name: value\r\n";
  EXPECT_EQ(ParseInPieces(trailers, {}).state, State::kBad);
}

TEST(AnswerParser, AnAnswerHasALimit) {
  EXPECT_EQ(Parsed("HTTP/1.1 200 OK\r\nContent-Length: 268435457\r\n").problem,
            "the answer is too long");
  EXPECT_EQ(Parsed("HTTP/1.1 200 OK\r\nContent-Length: 268435456\r\n").state, State::kReading);
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n";
  EXPECT_EQ(Parsed(chunked + "fffffff\r\n").state, State::kReading);
  EXPECT_EQ(Parsed(chunked + "10000000\r\n").problem, "the answer is too long");
}

}  // namespace
}  // namespace weir::cosmos
