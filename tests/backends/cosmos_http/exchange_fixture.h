// Exchanges on an event loop of the test, on either transport.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "backends/cosmos/http/http_engine.h"
#include "base/clock.h"
#include "base/epoll_loop.h"

namespace weir::cosmos {

inline std::string ClientName(const ::testing::TestParamInfo<HttpClient>& info) {
  return info.param == HttpClient::kDirect ? "direct" : "libcurl";
}

class ExchangeTest : public ::testing::TestWithParam<HttpClient>, public ExchangeHandler {
 protected:
  void Open(const std::string& url, const std::string& tls_root_certificate = "") {
    OpenWith(GetParam(), url, tls_root_certificate);
  }

  void OpenWith(HttpClient client, const std::string& url,
                const std::string& tls_root_certificate = "") {
    exchange_.reset();
    engine_.reset();
    const HttpSettings settings{.url = url,
                                .tls_root_certificate = tls_root_certificate,
                                .connect_timeout_ns = connect_timeout_ns_};
    engine_ = std::make_unique<HttpEngine>(loop_, settings, client);
    exchange_ = NewExchange();
  }

  std::unique_ptr<HttpExchange> NewExchange() {
    return std::make_unique<HttpExchange>(*engine_, *this);
  }

  static void BeginGet(HttpExchange& exchange) {
    exchange.Begin(HttpMethod::kGet);
    exchange.target() = "/dbs";
  }

  static void BeginPost(HttpExchange& exchange, std::string_view body) {
    exchange.Begin(HttpMethod::kPost);
    exchange.target() = "/dbs/d/colls/c/docs";
    exchange.headers().Add("Content-Type", "application/json");
    exchange.body() = body;
  }

  void OnExchange(HttpExchange& exchange) override {
    ++ends_;
    if (then_) then_(exchange);
  }

  bool RunUntil(const std::function<bool()>& done, int64_t limit_ns = 20 * kNsPerSecond) {
    const int64_t until = loop_.Now() + limit_ns;
    while (!done() && loop_.Now() < until) loop_.RunOnce(loop_.Now() + 20 * kNsPerMs);
    return done();
  }

  // Until the request in flight is over.
  HttpExchange& Finish() {
    const int before = ends_;
    EXPECT_TRUE(RunUntil([&] { return ends_ > before; }));
    return *exchange_;
  }

  HttpExchange& Get() {
    BeginGet(*exchange_);
    exchange_->Send();
    return Finish();
  }

  HttpExchange& Post(std::string_view body) {
    BeginPost(*exchange_, body);
    exchange_->Send();
    return Finish();
  }

  void RunFor(int64_t ns) {
    const int64_t until = loop_.Now() + ns;
    while (loop_.Now() < until) loop_.RunOnce(until);
  }

  int64_t connect_timeout_ns_ = 10 * kNsPerSecond;
  EpollLoop loop_;
  std::unique_ptr<HttpEngine> engine_;
  std::unique_ptr<HttpExchange> exchange_;
  int ends_ = 0;
  std::function<void(HttpExchange&)> then_;
};

// Waits for a thread of a server, without running the loop.
inline bool WaitFor(const std::function<bool()>& done) {
  const int64_t until = MonotonicNs() + 10 * kNsPerSecond;
  while (!done() && MonotonicNs() < until) usleep(200);
  return done();
}

}  // namespace weir::cosmos
