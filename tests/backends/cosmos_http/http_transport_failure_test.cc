// What both transports say when connections break, are refused or are given up. A request that
// went out is never sent a second time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "tests/backends/cosmos_http/exchange_fixture.h"
#include "tests/backends/cosmos_http/invented_hosts.h"
#include "tests/backends/cosmos_http/wire_server.h"

namespace weir::cosmos {
namespace {

using ::testing::HasSubstr;

class HttpFailureTest : public ExchangeTest {
 protected:
  bool IsDirect() const { return GetParam() == HttpClient::kDirect; }
};

INSTANTIATE_TEST_SUITE_P(On, HttpFailureTest,
                         ::testing::Values(HttpClient::kDirect, HttpClient::kLibcurl), ClientName);

TEST_P(HttpFailureTest, AConnectionClosedWhileIdleCostsNothing) {
  for (const bool by_reset : {false, true}) {
    if (by_reset && !IsDirect()) break;  // libcurl finds out by sending, and calls it lost
    for (const bool loop_runs : {true, false}) {
      SCOPED_TRACE(by_reset * 2 + loop_runs);
      std::atomic<int> requests = 0;
      WireServer server([&](Wire& wire) {
        wire.ReadRequest();
        ++requests;
        wire.Send(AnswerWith("a"));
        usleep(2'000);  // or the answer would be torn away with the connection
        if (by_reset) wire.CloseByReset();
      });
      Open(server.url());
      for (int i = 1; i <= 3; ++i) {
        HttpExchange& exchange = Post("{}");
        EXPECT_EQ(exchange.transport(), Transport::kAnswered) << exchange.transport_error();
        EXPECT_EQ(requests, i);
        ASSERT_TRUE(WaitFor([&] { return server.closed() == i; }));
        loop_runs ? RunFor(5 * kNsPerMs) : void(usleep(40'000));
      }
    }
  }
}

// A write to a connection that was ended and then reset raises SIGPIPE, where it may.
TEST_P(HttpFailureTest, ARequestThatNoByteOfWentOutGoesToAnotherConnection) {
  std::atomic<int> requests = 0;
  WireServer server([&](Wire& wire) {
    wire.ReadRequest();
    ++requests;
    wire.Send(AnswerWith("a"));
    usleep(2'000);
    wire.EndSending();
    wire.CloseByReset();
  });
  Open(server.url());
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(Post("{}").transport(), Transport::kAnswered) << exchange_->transport_error();
    EXPECT_EQ(requests, i);
    ASSERT_TRUE(WaitFor([&] { return server.closed() == i; }));  // and send at once
  }
}

TEST_P(HttpFailureTest, ARequestThatIsNotAnsweredIsLostAndNotRepeated) {
  for (const bool by_reset : {false, true}) {
    std::atomic<int> requests = 0;
    WireServer server([&](Wire& wire) {
      while (wire.ReadRequest()) {
        if (++requests == 2) {
          if (by_reset) wire.CloseByReset();
          return;
        }
        wire.Send(AnswerWith("first"));
      }
    });
    Open(server.url());
    ASSERT_EQ(Post("{}").transport(), Transport::kAnswered);
    HttpExchange& exchange = Post("{}");
    EXPECT_EQ(exchange.transport(), Transport::kLost);
    EXPECT_EQ(exchange.status(), 0);
    EXPECT_GT(exchange.bytes_sent(), 100u);
    if (!by_reset) {
      EXPECT_EQ(exchange.transport_error(), "the server closed the connection before it answered");
    } else if (IsDirect()) {
      EXPECT_EQ(exchange.transport_error(),
                "the connection broke before the server answered: Connection reset by peer");
    }
    RunFor(20 * kNsPerMs);
    EXPECT_EQ(requests, 2);
  }
}

TEST_P(HttpFailureTest, AnAnswerThatIsCutOffIsLost) {
  const std::string answer = AnswerWith("0123456789");
  for (const size_t sent : {size_t{4}, size_t{20}, answer.size() - 1}) {
    for (const bool by_reset : {false, true}) {
      WireServer server([&](Wire& wire) {
        wire.ReadRequest();
        wire.Send(answer.substr(0, sent));
        usleep(2'000);
        if (by_reset) wire.CloseByReset();
      });
      Open(server.url());
      HttpExchange& exchange = Post("{}");
      EXPECT_EQ(exchange.transport(), Transport::kLost) << sent;
      EXPECT_EQ(exchange.status(), 0);
      if (IsDirect()) {
        EXPECT_THAT(exchange.transport_error(), HasSubstr("in the middle of"));
      }
      RunFor(5 * kNsPerMs);
      EXPECT_EQ(server.connections(), 1);
    }
  }
}

TEST_P(HttpFailureTest, AResetIsNoEndOfAnAnswerWithoutALength) {
  WireServer server([](Wire& wire) {
    wire.ReadRequest();
    wire.Send("HTTP/1.1 200 OK\r\n\r\nhalf of it");
    usleep(5'000);
    wire.CloseByReset();
  });
  Open(server.url());
  EXPECT_EQ(Get().transport(), Transport::kLost);
}

TEST_P(HttpFailureTest, WhatIsNoHttpIsLost) {
  WireServer server([](Wire& wire) {
    wire.ReadRequest();
    wire.Send("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\nmore\r\n");
    wire.ReadSome(1);
  });
  Open(server.url());
  EXPECT_EQ(Get().transport(), Transport::kLost);
  if (IsDirect()) {
    EXPECT_EQ(exchange_->transport_error(), "the answer is not HTTP/1.1");
  }
}

TEST_P(HttpFailureTest, AnAnswerBeforeTheRequestIsWholeCounts) {
  WireServer server([](Wire& wire) {
    wire.ReadSome(100);
    wire.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge");
    while (!wire.ReadSome(100'000).empty()) {
    }
  });
  Open(server.url());
  HttpExchange& exchange = Post(std::string(8'000'000, 'x'));
  EXPECT_EQ(exchange.transport(), Transport::kAnswered) << exchange.transport_error();
  EXPECT_EQ(exchange.status(), 413);
  EXPECT_EQ(exchange.answer(), "large");
}

// What was not sent of it would be read as the next one.
TEST_P(HttpFailureTest, AConnectionWithHalfARequestOnItIsNotUsedAgain) {
  WireServer server([](Wire& wire) {
    wire.ReadSome(100);
    wire.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge");
    while (!wire.ReadSome(100).empty()) usleep(100);
  });
  Open(server.url());
  for (int i = 1; i <= 2; ++i) {
    EXPECT_EQ(Post(std::string(8'000'000, 'x')).status(), 413) << exchange_->transport_error();
    EXPECT_EQ(server.connections(), i);
  }
}

// The close resets the connection: what was not read is thrown away, the answer must not be.
TEST_P(HttpFailureTest, AnAnswerBeforeAResetCounts) {
  if (!IsDirect()) GTEST_SKIP() << "libcurl looks at the failed write first";
  WireServer server([](Wire& wire) {
    wire.ReadSome(100);
    wire.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge");
  });
  Open(server.url());
  for (int i = 1; i <= 5; ++i) {
    HttpExchange& exchange = Post(std::string(8'000'000, 'x'));
    EXPECT_EQ(exchange.transport(), Transport::kAnswered) << exchange.transport_error();
    EXPECT_EQ(exchange.status(), 413);
    EXPECT_LT(exchange.bytes_sent(), 8'000'000u);
    EXPECT_EQ(server.connections(), i);
  }
}

TEST_P(HttpFailureTest, ABreakInTheMiddleOfTheRequestIsLost) {
  WireServer server([](Wire& wire) { wire.ReadSome(10'000); });
  Open(server.url());
  EXPECT_EQ(Post(std::string(8'000'000, 'x')).transport(), Transport::kLost);
  RunFor(10 * kNsPerMs);
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(HttpFailureTest, RefusedIsNotSent) {
  std::string url;
  {
    url = WireServer([](Wire&) {}).url();
  }
  Open(url);
  EXPECT_EQ(Get().transport(), Transport::kNotSent);
  EXPECT_EQ(exchange_->transport_error(), "Connection refused");
  EXPECT_EQ(exchange_->bytes_sent(), 0u);
  // Its handler may try again at once, and for ever.
  int left = 50;
  then_ = [&](HttpExchange& exchange) {
    if (--left > 0) exchange.Send();
  };
  exchange_->Send();
  EXPECT_TRUE(RunUntil([&] { return left == 0; }));
}

TEST_P(HttpFailureTest, AnUnknownHostIsNotSent) {
  Open("http://no-such-host.invalid:8081");
  EXPECT_EQ(Get().transport(), Transport::kNotSent);
  if (IsDirect()) {
    EXPECT_THAT(exchange_->transport_error(), HasSubstr("cannot resolve no-such-host.invalid"));
  }
}

TEST_P(HttpFailureTest, ConnectingHasALimit) {
  FullListener listener;
  connect_timeout_ns_ = 150 * kNsPerMs;
  Open(listener.url());
  const int64_t start = loop_.Now();
  EXPECT_EQ(Get().transport(), Transport::kNotSent);
  EXPECT_GE(loop_.Now() - start, 140 * kNsPerMs);
  EXPECT_LT(loop_.Now() - start, 5 * kNsPerSecond);
  if (IsDirect()) {
    EXPECT_EQ(exchange_->transport_error(), "no connection within 150 ms");
  }
}

TEST_P(HttpFailureTest, ANameWithTwoAddressesIsReachedByTheSecond) {
  WireServer server([](Wire& wire) {
    while (wire.ReadRequest()) wire.Send(AnswerWith("second"));
  });
  const std::string url =
      std::string("http://") + kTwoAddresses + ":" + std::to_string(server.port());
  Open(url);
  EXPECT_EQ(Get().answer(), "second") << exchange_->transport_error();  // the first refuses
  if (!IsDirect()) return;  // libcurl spends all its time on the first
  FullListener silent("127.0.0.2", server.port());
  connect_timeout_ns_ = 1'400 * kNsPerMs;  // for both together
  Open(url);
  EXPECT_EQ(Get().answer(), "second") << exchange_->transport_error();
  const int64_t start = loop_.Now();
  exchange_->ClearAnswer();
  exchange_->SendOnNewConnection();
  EXPECT_EQ(Finish().answer(), "second");
  EXPECT_LT(loop_.Now() - start, 500 * kNsPerMs) << "the silent one was asked again";
}

TEST_P(HttpFailureTest, ACancelledExchangeIsSilentAndCanBeUsedAgain) {
  std::atomic<int> ended = 0;
  std::atomic<int> begun = 0;
  WireServer server([&](Wire& wire) {
    const int serial = ++begun;
    if (serial > 1) wire.ReadSome(1'000);  // the first is never read
    if (serial == 3) wire.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    if (serial == 4) wire.Send(AnswerWith("again"));
    while (!wire.ReadSome(100'000).empty()) {
    }
    ++ended;
  });
  Open(server.url());
  // While it is sent, while the answer is awaited, while it is received.
  for (int i = 1; i <= 3; ++i) {
    BeginPost(*exchange_, std::string(i == 1 ? 8'000'000 : 10, 'x'));
    exchange_->Send();
    ASSERT_TRUE(RunUntil([&] { return begun == i; }));
    RunFor(5 * kNsPerMs);
    exchange_->Cancel();
    EXPECT_FALSE(exchange_->in_flight());
    EXPECT_TRUE(RunUntil([&] { return ended == i; })) << "the connection was kept";
  }
  EXPECT_EQ(ends_, 0);
  EXPECT_EQ(Post("x").answer(), "again");
}

TEST_P(HttpFailureTest, ConnectingCanBeCancelled) {
  FullListener listener;
  connect_timeout_ns_ = 50 * kNsPerMs;
  Open(listener.url());
  for (int i = 0; i < 3; ++i) {
    BeginGet(*exchange_);
    exchange_->Send();
    if (i > 0) RunFor(5 * kNsPerMs);
    exchange_->Cancel();
  }
  exchange_->Send();
  exchange_.reset();
  RunFor(100 * kNsPerMs);
  EXPECT_EQ(ends_, 0);
}

// All answers are there before the loop runs, so that they come in one batch of events.
TEST_P(HttpFailureTest, AHandlerMayCancelAndDestroyTheOthers) {
  constexpr int kExchanges = 30;
  for (const bool breaks : {false, true}) {
    std::atomic<int> arrived = 0;
    std::atomic<int> answered = 0;
    WireServer server([&](Wire& wire) {
      wire.ReadRequest();
      ++arrived;
      while (arrived < kExchanges) usleep(100);
      if (!breaks) wire.Send(AnswerWith("all at once"));
      ++answered;
      if (!breaks) wire.ReadSome(1);
    });
    Open(server.url());
    ends_ = 0;
    std::vector<std::unique_ptr<HttpExchange>> exchanges;
    for (int i = 0; i < kExchanges; ++i) {
      exchanges.push_back(NewExchange());
      BeginPost(*exchanges.back(), "{}");
      exchanges.back()->Send();
    }
    then_ = [&](HttpExchange&) { exchanges.clear(); };  // itself too
    // Until all are out; none can be answered before that.
    const auto all_arrived = [&] { return arrived == kExchanges; };
    const int64_t until = loop_.Now() + 10 * kNsPerSecond;
    while (!all_arrived() && loop_.Now() < until) {
      loop_.RunOnce(loop_.Now());
      usleep(1'000);
    }
    ASSERT_TRUE(WaitFor([&] { return answered == kExchanges; }));
    usleep(5'000);
    RunFor(20 * kNsPerMs);
    EXPECT_EQ(ends_, 1);
    then_ = nullptr;
  }
}

TEST_P(HttpFailureTest, AnExchangeMayBeDestroyedByItsOwnHandler) {
  WireServer server([](Wire& wire) {
    wire.ReadRequest();
    wire.Send(AnswerWith("a"));
    wire.ReadRequest();  // and closes
  });
  FullListener full;
  std::string refused;
  {
    refused = WireServer([](Wire&) {}).url();
  }
  then_ = [&](HttpExchange&) { exchange_.reset(); };
  for (const std::string& url :
       {server.url(), refused, full.url(), std::string("http://no-such-host.invalid:8081")}) {
    connect_timeout_ns_ = 20 * kNsPerMs;
    Open(url);
    const int before = ends_;
    BeginGet(*exchange_);
    exchange_->Send();
    EXPECT_TRUE(RunUntil([&] { return ends_ > before; })) << url;
    EXPECT_EQ(exchange_, nullptr);
    RunFor(2 * kNsPerMs);
  }
}

}  // namespace
}  // namespace weir::cosmos
