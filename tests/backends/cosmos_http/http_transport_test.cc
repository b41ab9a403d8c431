// What both transports do when all goes well, against a server of bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "tests/backends/cosmos_http/exchange_fixture.h"
#include "tests/backends/cosmos_http/wire_server.h"

namespace weir::cosmos {
namespace {

using ::testing::HasSubstr;

std::string Bytes(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return bytes;
}

void Echo(Wire& wire) {
  while (const auto request = wire.ReadRequest()) wire.Send(AnswerWith(request->body));
}

bool LocalhostIs(const std::string& address) {
  addrinfo* list = nullptr;
  if (getaddrinfo("localhost", nullptr, nullptr, &list) != 0) return false;
  bool found = false;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    char text[NI_MAXHOST];
    getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST);
    found |= address == text;
  }
  freeaddrinfo(list);
  return found;
}

class HttpTransportTest : public ExchangeTest {};

INSTANTIATE_TEST_SUITE_P(On, HttpTransportTest,
                         ::testing::Values(HttpClient::kDirect, HttpClient::kLibcurl), ClientName);

TEST_P(HttpTransportTest, OneConnectionServesRequestsInARow) {
  WireServer server(&Echo);
  Open(server.url());
  for (const char* body : {"one", "two", "three"}) {
    HttpExchange& exchange = Post(body);
    ASSERT_EQ(exchange.transport(), Transport::kAnswered) << exchange.transport_error();
    EXPECT_EQ(exchange.status(), 200);
    EXPECT_EQ(exchange.answer(), body);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(HttpTransportTest, OpensANewConnectionWhenAskedAndKeepsIt) {
  WireServer server(&Echo);
  Open(server.url());
  Post("a");
  BeginGet(*exchange_);
  exchange_->SendOnNewConnection();
  EXPECT_EQ(Finish().transport(), Transport::kAnswered);
  EXPECT_EQ(server.connections(), 2);
  Post("b");
  EXPECT_EQ(server.connections(), 2);
}

TEST_P(HttpTransportTest, SendsWhatTheExchangeHolds) {
  std::promise<WireRequest> arrived;
  WireServer server([&](Wire& wire) {
    arrived.set_value(*wire.ReadRequest());
    wire.Send(AnswerWith("", "x-ms-request-charge: 5.71\r\nX-MS-Session-Token: 0:1#7\r\n"));
  });
  Open(server.url());
  HttpExchange& exchange = Post("{}");
  const auto [head, body] = arrived.get_future().get();
  EXPECT_THAT(head, ::testing::StartsWith("POST /dbs/d/colls/c/docs HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Expect")));
  EXPECT_EQ(body, "{}");
  EXPECT_EQ(exchange.answer_headers().charge, 5'710);
  EXPECT_EQ(exchange.answer_headers().session_token, "0:1#7");
}

TEST_P(HttpTransportTest, CountsTheBytesOfBodiesOfAnySize) {
  std::atomic<size_t> received = 0;
  WireServer server([&](Wire& wire) {
    while (const auto request = wire.ReadRequest()) {
      received = request->head.size() + request->body.size();
      wire.Send(AnswerWith(request->body));
    }
  });
  Open(server.url());
  for (const size_t size : {0, 1, 3'000, 4'096, 4'097, 131'072, 3'000'000}) {
    const std::string body = Bytes(size);
    HttpExchange& exchange = Post(body);
    ASSERT_EQ(exchange.transport(), Transport::kAnswered) << exchange.transport_error();
    EXPECT_TRUE(exchange.answer() == body) << size;
    EXPECT_EQ(exchange.bytes_sent(), received) << size;
    EXPECT_EQ(exchange.bytes_received(), AnswerWith(body).size()) << size;
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(HttpTransportTest, AServerThatReadsSlowlyGetsAllOfIt) {
  const std::string body = Bytes(3'000'000);
  std::atomic<bool> whole = false;
  WireServer server(
      [&](Wire& wire) {
        std::string got;
        while (got.find("\r\n\r\n") == std::string::npos ||
               got.size() - got.find("\r\n\r\n") - 4 < body.size()) {
          const std::string more = wire.ReadSome(20'000);
          if (more.empty()) return;
          got += more;
          if (got.size() % 7 == 0) usleep(1'000);
        }
        whole = got.substr(got.find("\r\n\r\n") + 4) == body;
        wire.Send(AnswerWith("done"));
        wire.ReadSome(1);
      },
      {.receive_buffer = 8'192});
  Open(server.url());
  EXPECT_EQ(Post(body).answer(), "done");
  EXPECT_TRUE(whole);
}

TEST_P(HttpTransportTest, AnAnswerMayComeInPieces) {
  const std::string body = Bytes(2'000);
  WireServer server([&](Wire& wire) {
    while (const auto request = wire.ReadRequest()) wire.SendSlowly(AnswerWith(body), 11);
  });
  Open(server.url());
  EXPECT_TRUE(Get().answer() == body);
  EXPECT_TRUE(Get().answer() == body);
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(HttpTransportTest, ReadsChunksAndInterimAnswersAndCountsHeadersAndContent) {
  WireServer server([&](Wire& wire) {
    while (wire.ReadRequest()) {
      wire.Send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n");
      wire.Send("Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    }
  });
  Open(server.url());
  for (int i = 0; i < 2; ++i) {
    HttpExchange& exchange = Get();
    EXPECT_EQ(exchange.status(), 201);
    EXPECT_EQ(exchange.answer(), "abcde");
    EXPECT_EQ(exchange.bytes_received(),
              sizeof("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n"
                     "Transfer-Encoding: chunked\r\n\r\nabcde") -
                  1);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(HttpTransportTest, AnAnswerWithoutALengthEndsWithItsConnection) {
  WireServer server([](Wire& wire) {
    wire.ReadRequest();
    wire.Send("HTTP/1.0 200 OK\r\n\r\nuntil the end");
  });
  Open(server.url());
  for (int i = 1; i <= 2; ++i) {
    EXPECT_EQ(Get().answer(), "until the end");
    EXPECT_EQ(exchange_->transport(), Transport::kAnswered);
    EXPECT_EQ(server.connections(), i);
  }
}

TEST_P(HttpTransportTest, AConnectionThatTheServerGivesUpIsNotUsedAgain) {
  WireServer server([](Wire& wire) {
    while (wire.ReadRequest()) wire.Send(AnswerWith("a", "Connection: close\r\n"));
  });
  Open(server.url());
  EXPECT_EQ(Get().answer(), "a");
  EXPECT_EQ(Get().answer(), "a");
  EXPECT_EQ(server.connections(), 2);
}

TEST_P(HttpTransportTest, BytesBehindAnAnswerBelongToNoOther) {
  WireServer server([](Wire& wire) {
    while (wire.ReadRequest()) wire.Send(AnswerWith("mine") + AnswerWith("nobody's"));
  });
  Open(server.url());
  EXPECT_EQ(Get().answer(), "mine");
  EXPECT_EQ(Get().answer(), "mine");
  EXPECT_EQ(server.connections(), 2);
}

TEST_P(HttpTransportTest, ManyExchangesAreSentAgainFromTheirHandler) {
  constexpr int kExchanges = 64;
  constexpr int kRounds = 20;
  WireServer server(&Echo);
  Open(server.url());
  std::vector<std::unique_ptr<HttpExchange>> exchanges;
  int wrong = 0;
  then_ = [&](HttpExchange& exchange) {
    const uint32_t sent = exchange.tag();
    wrong += exchange.answer() != std::to_string(sent);
    if (sent + kExchanges >= kExchanges * kRounds) return;
    BeginPost(exchange, std::to_string(sent + kExchanges));
    exchange.set_tag(sent + kExchanges);
    exchange.Send();
  };
  for (uint32_t i = 0; i < kExchanges; ++i) {
    exchanges.push_back(NewExchange());
    BeginPost(*exchanges.back(), std::to_string(i));
    exchanges.back()->set_tag(i);
    exchanges.back()->Send();
  }
  EXPECT_TRUE(RunUntil([&] { return ends_ == kExchanges * kRounds; })) << ends_;
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(server.connections(), kExchanges);
}

TEST_P(HttpTransportTest, ReachesEitherFamilyOfLocalhost) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    SCOPED_TRACE(address);
    WireServer server(&Echo, {.address = address});
    Open(server.url());
    EXPECT_EQ(Post("literal").answer(), "literal") << exchange_->transport_error();
    if (!LocalhostIs(address)) continue;  // not on this machine
    Open("http://localhost:" + std::to_string(server.port()));
    EXPECT_EQ(Post("name").answer(), "name") << exchange_->transport_error();
  }
}

TEST(HttpTransports, CountTheSameBytes) {
  struct Counts : ExchangeTest {
    void TestBody() override {}
    std::vector<uint64_t> On(HttpClient client, const std::string& url) {
      OpenWith(client, url);
      std::vector<uint64_t> counts;
      for (const size_t size : {0, 440, 5'000, 300'000}) {
        HttpExchange& exchange = Post(Bytes(size));
        counts.push_back(exchange.bytes_sent());
        counts.push_back(exchange.bytes_received());
      }
      counts.push_back(Get().bytes_sent());
      counts.push_back(exchange_->bytes_received());
      return counts;
    }
  };
  WireServer server(&Echo);
  Counts counts;
  EXPECT_EQ(counts.On(HttpClient::kDirect, server.url()),
            counts.On(HttpClient::kLibcurl, server.url()));
}

}  // namespace
}  // namespace weir::cosmos
