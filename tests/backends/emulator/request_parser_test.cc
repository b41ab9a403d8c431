#include "backends/cosmos/emulator/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/random.h"
#include "tests/backends/emulator/parsed_request.h"

namespace weir::cosmos::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using State = RequestParser::State;

ParsedRequests Parse(const std::string& text) { return ParseInPieces(text, {}); }

ParsedRequest ParseOne(const std::string& text) {
  const ParsedRequests parsed = Parse(text);
  EXPECT_THAT(parsed.requests, SizeIs(1)) << text << parsed;
  return parsed.requests.empty() ? ParsedRequest{} : parsed.requests[0];
}

void ExpectBad(const std::string& text, int status) {
  const ParsedRequests parsed = Parse(text);
  EXPECT_EQ(parsed.state, State::kBad) << text << parsed;
  EXPECT_EQ(parsed.bad_status, status) << text << parsed;
  EXPECT_FALSE(parsed.problem.empty()) << text;
  EXPECT_THAT(parsed.requests, IsEmpty()) << text;
}

TEST(RequestParser, ReadsLineHeadersAndBody) {
  const ParsedRequest request = ParseOne(
      "POST /dbs/d%20/colls?a=b HTTP/1.1\r\nHost: x:1\r\nX-Ms-Date:  Thu, 1 \t\r\nempty:\r\n"
      "Content-Length: 2\r\n\r\n{}");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/dbs/d%20/colls");
  EXPECT_THAT(request.headers, ElementsAre(Pair("Host", "x:1"), Pair("X-Ms-Date", "Thu, 1"),
                                           Pair("empty", ""), Pair("Content-Length", "2")));
  EXPECT_EQ(request.body, "{}");
  EXPECT_TRUE(request.keeps_connection);
}

TEST(RequestParser, FindsHeadersInAnyCase) {
  HttpRequest request;
  RequestParser parser(10);
  std::string_view bytes = "GET / HTTP/1.1\r\nX-MS-Is-Upsert: TRUE\r\n\r\n";
  ASSERT_EQ(parser.Take(&bytes, &request), State::kDone);
  EXPECT_EQ(request.Header("x-ms-is-upsert"), "TRUE");
  EXPECT_TRUE(request.HeaderIsTrue("x-ms-is-upsert"));
  EXPECT_EQ(request.Header("x-ms-is-upserd"), "");
}

TEST(RequestParser, LeavesRoomBehindTheBodyForTheJsonReader) {
  HttpRequest request;
  RequestParser parser(1 << 20);
  const std::string body(70'000, 'x');
  const std::string text =
      "PUT / HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  std::string_view bytes = text;
  ASSERT_EQ(parser.Take(&bytes, &request), State::kDone);
  EXPECT_GE(request.body.capacity(), body.size() + HttpRequest::kBodyPadding);
}

TEST(RequestParser, ReadsChunksWithExtensionsAndTrailers) {
  const ParsedRequest request = ParseOne(
      "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5;a=b\r\nabcde\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(request.body, "abcde0123456789");
}

TEST(RequestParser, ReadsPipelinedRequestsOneByOne) {
  const ParsedRequests parsed = Parse(
      "GET /a HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
      "\r\nDELETE /c HTTP/1.1\r\n\r\nGET /d");
  ASSERT_THAT(parsed.requests, SizeIs(3));
  EXPECT_EQ(parsed.requests[0].path, "/a");
  EXPECT_EQ(parsed.requests[1].body, "abc");
  EXPECT_EQ(parsed.requests[2].method, "DELETE");
  EXPECT_EQ(parsed.state, State::kReading);
  EXPECT_FALSE(parsed.untouched);
}

TEST(RequestParser, KeepsTheConnectionAsVersionAndClientSay) {
  EXPECT_TRUE(ParseOne("GET / HTTP/1.1\r\nConnection: upgrade, x\r\n\r\n").keeps_connection);
  EXPECT_FALSE(ParseOne("GET / HTTP/1.1\r\nConnection: x , Close\r\n\r\n").keeps_connection);
  EXPECT_FALSE(ParseOne("GET / HTTP/1.0\r\n\r\n").keeps_connection);
  EXPECT_TRUE(ParseOne("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keeps_connection);
}

TEST(RequestParser, TakesLinesThatEndInANewlineOnlyAndEmptyOnesBefore) {
  EXPECT_EQ(ParseOne("\r\n\nGET /x HTTP/1.1\nHost: a\n\n").path, "/x");
}

TEST(RequestParser, TakesATargetAsAProxyIsAsked) {
  EXPECT_EQ(ParseOne("GET http://host:1/a?b HTTP/1.1\r\n\r\n").path, "/a");
  EXPECT_EQ(ParseOne("GET http://host HTTP/1.1\r\n\r\n").path, "/");
  EXPECT_EQ(ParseOne("OPTIONS * HTTP/1.1\r\n\r\n").path, "*");
}

TEST(RequestParser, RefusesWhatIsNoRequest) {
  for (const char* text :
       {"garbage\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
        "GET / x HTTP/1.1\r\n\r\n", " GET / HTTP/1.1\r\n\r\n", "GET / HTTPS/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost x\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n"}) {
    ExpectBad(text, 400);
  }
  ExpectBad("\x16\x03\x01\x02", 400);
  ExpectBad(std::string("GET / HTTP/1.1\r\na: \0\r\n\r\n", 24), 400);
  ExpectBad("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
}

TEST(RequestParser, RefusesWhatTwoReadersCouldCutDifferently) {
  const std::string head = "POST / HTTP/1.1\r\n";
  ExpectBad(head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400);
  ExpectBad(head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  for (const char* length : {"-1", "+1", "1x", "", "0x1", "1 2", "18446744073709551616"}) {
    ExpectBad(head + "Content-Length: " + length + "\r\n\r\n", 400);
  }
  ExpectBad(head + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501);
  for (const char* chunk : {"x\r\n", "\r\n", "-1\r\n", "1\r\nabc\r\n", "ffffffffffffffffff\r\n"}) {
    ExpectBad(head + "Transfer-Encoding: chunked\r\n\r\n" + chunk, 400);
  }
}

TEST(RequestParser, TheSameLengthTwiceIsOneLength) {
  EXPECT_EQ(ParseOne("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na").body,
            "a");
}

TEST(RequestParser, HeadsHaveALimitHoweverTheyCome) {
  const std::string long_value(RequestParser::kMostHeadBytes, 'a');
  const std::string long_header = "GET / HTTP/1.1\r\nx: " + long_value + "\r\n\r\n";
  ExpectBad(long_header, 431);
  ExpectBad("GET /" + long_value + " HTTP/1.1\r\n\r\n", 414);
  for (const size_t cut : {1, 100, 30'000, 65'536, 65'537, 65'550}) {
    EXPECT_EQ(ParseInPieces(long_header, {cut}), Parse(long_header)) << cut;
  }
  std::string many = "GET / HTTP/1.1\r\n";
  for (size_t i = 0; i <= RequestParser::kMostHeaders; ++i) many += "a: b\r\n";
  ExpectBad(many + "\r\n", 431);
  const std::string just(RequestParser::kMostHeadBytes - 23, 'a');
  EXPECT_EQ(ParseOne("GET / HTTP/1.1\r\nx: " + just + "\r\n\r\n").headers[0].second, just);
}

TEST(RequestParser, ReadsOverABodyThatIsTooLarge) {
  const std::string body(kTestBodyBytes + 1, 'b');
  const std::string next = "GET /next HTTP/1.1\r\n\r\n";
  const ParsedRequests parsed =
      Parse("POST / HTTP/1.1\r\nContent-Length: 4097\r\n\r\n" + body + next);
  ASSERT_THAT(parsed.requests, SizeIs(2));
  EXPECT_TRUE(parsed.requests[0].is_too_large);
  EXPECT_EQ(parsed.requests[1].path, "/next");
  const ParsedRequests chunked =
      Parse("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n1000\r\n" +
            body.substr(0, 4096) + "\r\n0\r\n\r\n" + next);
  ASSERT_THAT(chunked.requests, SizeIs(2));
  EXPECT_TRUE(chunked.requests[0].is_too_large);
}

TEST(RequestParser, RefusesABodyThatNobodyWouldWaitFor) {
  const std::string head = "POST / HTTP/1.1\r\n";
  ExpectBad(head + "Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n", 413);
  ExpectBad(head + "Content-Length: 1000000000000\r\n\r\n", 413);
  ExpectBad(head + "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n", 413);
}

TEST(RequestParser, ChunksAreFramedBriefly) {
  const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  ExpectBad(head + "1;" + std::string(RequestParser::kMostFrameBytes, 'x') + "\r\na\r\n", 400);
  std::string trailers;
  while (trailers.size() <= RequestParser::kMostFrameBytes) trailers += "a: b\r\n";
  ExpectBad(head + "0\r\n" + trailers + "\r\n", 400);
  std::string many;
  for (int i = 0; i < 4000; ++i) many += "1\r\na\r\n";
  EXPECT_EQ(ParseOne(head + many + "0\r\n\r\n").body.size(), 4000U);
}

TEST(RequestParser, SaysOnceThatTheClientWaits) {
  RequestParser parser(10);
  HttpRequest request;
  std::string_view head = "POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(parser.Take(&head, &request), State::kReading);
  EXPECT_TRUE(parser.TakeContinue());
  EXPECT_FALSE(parser.TakeContinue());
  std::string_view body = "{}";
  EXPECT_EQ(parser.Take(&body, &request), State::kDone);
  parser.Start();
  std::string_view old = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(parser.Take(&old, &request), State::kReading);
  EXPECT_FALSE(parser.TakeContinue());
}

// ---------------------------------------------------------------------------- pieces and garbage

const char* const kConnections[] = {
    "POST /dbs/d/colls/c/docs HTTP/1.1\r\nHost: h\r\nx-ms-date: d\r\nContent-Length: 12\r\n\r\n"
    "{\"id\":\"abc\"}GET /dbs HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    "5;a=b\r\nabcde\r\n1\r\nf\r\n0\r\nTrailer: x\r\n\r\n\r\nGET /b HTTP/1.0\r\n\r\n",
    "\r\nGET /?q HTTP/1.1\nConnection: keep-alive, close\n\nHEAD / HTTP/1.1\r\na: b\r\n\r\n"};

const char* const kFragments[] = {"GET / HTTP/1.1\r\n",
                                  "POST /a HTTP/1.1\r\n",
                                  "PUT /a HTTP/1.0\r\n",
                                  "Content-Length: 3\r\n",
                                  "Content-Length: 0\r\n",
                                  "Transfer-Encoding: chunked\r\n",
                                  "Connection: close\r\n",
                                  "Expect: 100-continue\r\n",
                                  "x: y\r\n",
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
                                  "\xff\xfe"};

constexpr uint64_t kSeed = 20'261'121;

void Survives(const std::string& text, uint64_t draw) {
  const ParsedRequests whole = Parse(text);
  ASSERT_EQ(whole.state == State::kBad, !whole.problem.empty()) << text;
  std::vector<size_t> cuts = {Draw(draw, 1) % (text.size() + 1), Draw(draw, 2) % (text.size() + 1)};
  std::sort(cuts.begin(), cuts.end());
  ASSERT_EQ(ParseInPieces(text, cuts), whole)
      << "cut at " << cuts[0] << " and " << cuts[1] << ", seed " << kSeed << ":\n"
      << text;
}

TEST(RequestParser, MakesTheSameOfAnyTwoPieces) {
  for (const std::string text : kConnections) {
    const ParsedRequests whole = Parse(text);
    ASSERT_THAT(whole.requests, SizeIs(2)) << text;
    std::vector<size_t> every;
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      EXPECT_EQ(ParseInPieces(text, {cut}), whole) << cut;
      every.push_back(cut);
    }
    EXPECT_EQ(ParseInPieces(text, every), whole) << "byte by byte";
  }
}

TEST(RequestParser, SurvivesChangedRequests) {
  for (uint64_t i = 0; i < 20'000; ++i) {
    std::string text = kConnections[i % std::size(kConnections)];
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

TEST(RequestParser, SurvivesFragmentsInARow) {
  for (uint64_t i = 0; i < 20'000; ++i) {
    std::string text = i % 4 == 0 ? "" : "POST / HTTP/1.1\r\n";
    const uint64_t length = Draw(kSeed + 2, i) % 12;
    for (uint64_t word = 0; word < length; ++word) {
      text += kFragments[Draw(kSeed + 3, i * 16 + word) % std::size(kFragments)];
    }
    Survives(text, kSeed + i);
  }
}

}  // namespace
}  // namespace weir::cosmos::emulator
