// The server over real sockets: what it answers, in which order, when it closes.
#include "backends/cosmos/emulator/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tests/backends/emulator/http_client.h"

namespace weir::cosmos::emulator {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kGet[] = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

std::string Get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n"; }

// Answers with what it was asked; some paths ask for more.
HttpResponse Echo(const HttpRequest& request) {
  HttpResponse response;
  response.Set("x-threads-own",
               absl::StrCat(std::hash<std::thread::id>()(std::this_thread::get_id())));
  response.body =
      absl::StrCat(std::string(request.method), " ", std::string(request.path), " ", request.body);
  if (request.path == "/slow") response.delay_ms = 150;
  if (request.path == "/slower") response.delay_ms = 60'000;
  if (request.path == "/drop") response.is_dropped = true;
  if (request.path == "/kept") response.ticket = 1;
  if (request.path == "/nothing") response.status = 204;
  if (request.path == "/big") response.body.assign(6 << 20, 'b');
  if (request.path == "/evil") response.Set("x-two", "a\r\nx-injected: b");
  return response;
}

std::unique_ptr<HttpServer> Start(HttpServer::Settings settings = {}) {
  settings.host = "127.0.0.1";
  return HttpServer::Start(settings, &Echo).value();
}

// Opens when it is told to.
class Gate final : public AnswerGate {
 public:
  bool IsOpen(uint64_t ticket) const override { return ticket == 0; }
  void WhenOpen(uint64_t, std::function<void(const absl::Status&)> then) override {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(std::move(then));
  }
  void Open(const absl::Status& status) {
    std::vector<std::function<void(const absl::Status&)>> waiting;
    {
      const std::scoped_lock lock(mutex_);
      waiting.swap(waiting_);
    }
    for (const auto& then : waiting) then(status);
  }
  size_t waiting() const {
    const std::scoped_lock lock(mutex_);
    return waiting_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::function<void(const absl::Status&)>> waiting_;
};

void WaitFor(const std::function<bool()>& done) {
  const int64_t until = MonotonicNs() + 10 * kNsPerSecond;
  while (!done() && MonotonicNs() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(done());
}

TEST(HttpServer, AnswersWithStatusDateHeadersAndBody) {
  const auto server = Start();
  HttpClient client(server->port());
  client.Send("POST /a%20b?c HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_THAT(client.Receive(),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\nDate: "), HasSubstr(" GMT\r\nx-threads-own: "),
                    HasSubstr("Content-Length: 14\r\n"), EndsWith("\r\n\r\nPOST /a%20b {}"),
                    Not(HasSubstr("Connection"))));
  client.Send(Get("/nothing"));
  EXPECT_THAT(client.Receive(), AllOf(StartsWith("HTTP/1.1 204 No Content\r\n"),
                                      Not(HasSubstr("Content-Length")), EndsWith("\r\n\r\n")));
  client.Send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.Receive(false),
              AllOf(HasSubstr("Content-Length: 8\r\n"), EndsWith("\r\n\r\n")));
  client.Send(Get("/evil"));
  EXPECT_THAT(client.Receive(), Not(HasSubstr("x-injected")));
}

TEST(HttpServer, ClosesWhenTheClientAsksForIt) {
  const auto server = Start();
  HttpClient client(server->port());
  client.Send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.Receive(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.IsClosed());
  HttpClient old(server->port());
  old.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.Receive(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(old.IsClosed());
  HttpClient kept(server->port());
  for (int i = 0; i < 2; ++i) {
    kept.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(kept.Receive(), HasSubstr("Connection: Keep-Alive\r\n"));
  }
}

TEST(HttpServer, AnswersAClientThatHasEndedItsHalf) {
  const auto server = Start();
  HttpClient client(server->port());
  client.Send(absl::StrCat(kGet, Get("/slow")));
  client.EndSending();
  EXPECT_THAT(client.Receive(), EndsWith("GET /hello "));
  EXPECT_THAT(client.Receive(), EndsWith("GET /slow "));
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServer, TellsAClientThatWaitsToSendTheBody) {
  const auto server = Start();
  HttpClient client(server->port());
  client.Send("PUT /e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.Receive(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("{}");
  EXPECT_THAT(client.Receive(), EndsWith("PUT /e {}"));
}

TEST(HttpServer, ReadsChunksAndBodiesInAnyPieces) {
  const auto server = Start();
  HttpClient client(server->port());
  const std::string request =
      "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (const char c : request) client.Send({&c, 1});
  EXPECT_THAT(client.Receive(), EndsWith("POST /c abcde"));
  const std::string body(3 << 20, 'x');
  client.Send(absl::StrCat("POST /c HTTP/1.1\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  EXPECT_THAT(client.Receive(), EndsWith("\r\n\r\nPOST /c " + body));
}

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
  const auto server = Start();
  HttpClient client(server->port());
  client.Send(absl::StrCat(Get("/slow"), Get("/big"), Get("/slow"), Get("/2"), Get("/3")));
  EXPECT_THAT(client.Receive(), EndsWith("GET /slow "));
  EXPECT_THAT(client.Receive(), EndsWith("bbb"));
  EXPECT_THAT(client.Receive(), EndsWith("GET /slow "));
  EXPECT_THAT(client.Receive(), EndsWith("GET /2 "));
  EXPECT_THAT(client.Receive(), EndsWith("GET /3 "));
}

TEST(HttpServer, ManyPipelinedRequestsAreAllAnswered) {
  const auto server = Start();
  HttpClient client(server->port());
  constexpr int kRequests = 20'000;
  std::thread sender([&] {
    for (int i = 0; i < kRequests; ++i) client.Send(Get(absl::StrCat("/", i)));
  });
  for (int i = 0; i < kRequests; ++i) {
    ASSERT_THAT(client.Receive(), EndsWith(absl::StrCat("GET /", i, " ")));
  }
  sender.join();
}

TEST(HttpServer, OneThatNeverPausesDoesNotKeepOthersFromTheirTurn) {
  const auto server = Start();
  HttpClient greedy(server->port());
  std::atomic<bool> is_done = false;
  std::thread sender([&] {
    std::string many;
    for (int i = 0; i < 5000; ++i) many += "HEAD / HTTP/1.1\r\n\r\n";
    while (!is_done && greedy.Send(many)) {
    }
    greedy.EndSending();
  });
  std::thread receiver([&] { greedy.ReceiveAll(); });
  for (int i = 0; i < 20; ++i) {
    HttpClient other(server->port());
    other.Send(kGet);
    EXPECT_THAT(other.Receive(), EndsWith("GET /hello "));
  }
  is_done = true;
  sender.join();
  receiver.join();
  EXPECT_TRUE(greedy.IsClosed());  // after the last of its answers
}

TEST(HttpServer, ADelayedAnswerHoldsUpNobodyElse) {
  const auto server = Start();
  HttpClient slow(server->port());
  HttpClient other(server->port());
  const int64_t begun_ns = MonotonicNs();
  slow.Send(Get("/slow"));
  other.Send(kGet);
  EXPECT_THAT(other.Receive(), EndsWith("GET /hello "));
  EXPECT_LT(MonotonicNs() - begun_ns, 140 * kNsPerMs);
  EXPECT_THAT(slow.Receive(), EndsWith("GET /slow "));
  EXPECT_GE(MonotonicNs() - begun_ns, 150 * kNsPerMs);
}

TEST(HttpServer, AClientMayLeaveBeforeItsAnswer) {
  Gate gate;
  const auto server = Start({.gate = &gate});
  for (const char* path : {"/slow", "/kept"}) {
    HttpClient client(server->port());
    client.Send(absl::StrCat(Get(path), kGet));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  gate.Open(absl::OkStatus());
  HttpClient client(server->port());
  client.Send(kGet);
  EXPECT_THAT(client.Receive(), EndsWith("GET /hello "));
}

TEST(HttpServer, DropsAnAnswerWithTheConnection) {
  const auto server = Start();
  HttpClient client(server->port());
  client.Send(absl::StrCat(kGet, Get("/drop"), kGet));
  EXPECT_THAT(client.Receive(), EndsWith("GET /hello "));
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServer, HoldsAnswersUntilTheGateIsOpen) {
  Gate gate;
  const auto server = Start({.gate = &gate});
  HttpClient client(server->port());
  client.Send(absl::StrCat(Get("/kept"), Get("/kept"), kGet));
  WaitFor([&] { return gate.waiting() == 1; });
  gate.Open(absl::OkStatus());
  EXPECT_THAT(client.Receive(), EndsWith("GET /kept "));
  WaitFor([&] { return gate.waiting() == 1; });
  gate.Open(absl::InternalError("the disk is full"));
  EXPECT_THAT(client.Receive(),
              AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("cannot keep its data"),
                    HasSubstr("the disk is full")));
  EXPECT_THAT(client.Receive(), EndsWith("GET /hello "));
}

TEST(HttpServer, ABodyThatIsTooLargeIsReadOverAndRefused) {
  const auto server = Start();
  HttpClient client(server->port());
  const std::string body(HttpServer::kMaxBodyBytes + 1, 'x');
  client.Send(absl::StrCat("POST / HTTP/1.1\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  EXPECT_THAT(client.Receive(),
              AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr(R"("code":"RequestEntityTooLarge")")));
  client.Send(kGet);
  EXPECT_THAT(client.Receive(), EndsWith("GET /hello "));
  HttpClient greedy(server->port());
  greedy.Send("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n");
  EXPECT_THAT(greedy.Receive(), AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("Connection: close")));
  EXPECT_TRUE(greedy.IsClosed());
}

TEST(HttpServer, RefusesWhatIsNoRequestAndSaysWhy) {
  const auto server = Start();
  for (const auto& [bytes, status, text] : std::vector<std::tuple<std::string, int, std::string>>{
           {"garbage\r\n\r\n", 400, "does the client speak https"},
           {"\x16\x03\x01", 400, "does the client speak https"},
           {"GET / HTTP/1.1\r\nx\r\n\r\n", 400, "no colon"},
           {"GET / HTTP/3.0\r\n\r\n", 505, "HTTP/1.1"},
           {"GET / HTTP/1.1\r\nx: " + std::string(70'000, 'x'), 431, "64 KB"},
           {"GET /" + std::string(70'000, 'x'), 414, "64 KB"}}) {
    HttpClient client(server->port());
    client.Send(absl::StrCat(kGet, bytes));
    EXPECT_THAT(client.Receive(), EndsWith("GET /hello "));
    EXPECT_THAT(client.Receive(),
                AllOf(StartsWith(absl::StrCat("HTTP/1.1 ", status, " ")), HasSubstr(text),
                      HasSubstr("Connection: close\r\n"), HasSubstr(R"({"code":")")));
    EXPECT_TRUE(client.IsClosed());
  }
}

TEST(HttpServer, ClosesWhatTakesTooLong) {
  const auto server = Start(
      {.timeouts = {
           .idle_ns = 300 * kNsPerMs, .request_ns = 100 * kNsPerMs, .linger_ns = 50 * kNsPerMs}});
  HttpClient idle(server->port());
  HttpClient slow(server->port());
  HttpClient stays(server->port());
  slow.Send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_THAT(slow.Receive(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(slow.IsClosed());
  EXPECT_TRUE(idle.IsClosed());
  stays.Send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");  // was closed as well
  EXPECT_EQ(stays.Receive(), "");
  // An answer that is delayed is in no hurry.
  HttpClient waits(server->port());
  waits.Send(Get("/slow"));
  EXPECT_THAT(waits.Receive(), EndsWith("GET /slow "));
}

TEST(HttpServer, ClosesWhenTheAnswerIsNotTaken) {
  const auto server = Start({.timeouts = {.request_ns = 100 * kNsPerMs}});
  HttpClient client(server->port());
  for (int i = 0; i < 4; ++i) client.Send(Get("/big"));
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_LT(client.ReceiveAll().size(), size_t{4} * (6 << 20));
}

TEST(HttpServer, FurtherConnectionsWaitForRoom) {
  const auto server = Start({.threads = 2, .max_connections = 2});
  auto first = std::make_unique<HttpClient>(server->port());
  HttpClient second(server->port());
  for (HttpClient* client : {first.get(), &second}) {
    client->Send(kGet);
    EXPECT_THAT(client->Receive(), EndsWith("GET /hello "));
  }
  HttpClient third(server->port());
  third.Send(kGet);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  first.reset();
  EXPECT_THAT(third.Receive(), EndsWith("GET /hello "));
}

TEST(HttpServer, WaitsForDescriptorsWithoutSpinning) {
  const auto server = Start();
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const int next = dup(0);
  close(next);
  const rlimit tight{static_cast<rlim_t>(next) + 1, limit.rlim_max};  // for the client alone
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  HttpClient client(server->port());
  client.Send(kGet);
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 10);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_THAT(client.Receive(), EndsWith("GET /hello "));
}

TEST(HttpServer, SpreadsConnectionsOverItsThreads) {
  const auto server = Start({.threads = 3});
  std::vector<std::unique_ptr<HttpClient>> clients;
  std::multiset<std::string> threads;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(std::make_unique<HttpClient>(server->port()));
    ASSERT_TRUE(clients.back()->Send(kGet));
  }
  for (const auto& client : clients) {
    const std::string answer = client->Receive();
    const size_t at = answer.find("x-threads-own: ");
    ASSERT_NE(at, std::string::npos) << answer;
    threads.insert(answer.substr(at, answer.find('\r', at) - at));
  }
  for (const std::string& thread : threads) EXPECT_EQ(threads.count(thread), 100U);
}

TEST(HttpServer, StopsWithWhatIsDueAnswered) {
  Gate gate;
  const auto server = Start({.gate = &gate});
  HttpClient idle(server->port());
  HttpClient late(server->port());
  HttpClient kept(server->port());
  HttpClient half(server->port());
  late.Send(Get("/slower"));
  kept.Send(Get("/kept"));
  half.Send("GET /");
  idle.Send(kGet);
  EXPECT_THAT(idle.Receive(), EndsWith("GET /hello "));
  WaitFor([&] { return gate.waiting() == 1; });
  std::atomic<bool> is_stopped = false;
  std::thread stopper([&] {
    server->Stop();
    is_stopped = true;
  });
  EXPECT_THAT(late.Receive(), EndsWith("GET /slower "));
  EXPECT_TRUE(late.IsClosed());
  EXPECT_TRUE(idle.IsClosed());
  EXPECT_TRUE(half.IsClosed());
  EXPECT_FALSE(is_stopped);
  gate.Open(absl::OkStatus());
  EXPECT_THAT(kept.Receive(), EndsWith("GET /kept "));
  EXPECT_TRUE(kept.IsClosed());
  stopper.join();
  HttpClient refused(server->port());
  EXPECT_FALSE(refused.is_open());
}

TEST(HttpServer, CannotStartWhereItMayNotListen) {
  const auto server = Start();
  const auto again = HttpServer::Start({.host = "127.0.0.1", .port = server->port()}, &Echo);
  EXPECT_EQ(again.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(again.status().message()), HasSubstr("in use"));
  EXPECT_EQ(HttpServer::Start({.host = "name"}, &Echo).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// ----------------------------------------------------------------------------------------- TLS

class HttpServerTls : public ::testing::Test {
 protected:
  HttpServerTls() : context_(SSL_CTX_new(TLS_client_method())) {}
  ~HttpServerTls() override { SSL_CTX_free(context_); }

  SSL_CTX* context_;
  const TlsIdentity identity_ = MakeTlsIdentity("127.0.0.1").value().identity;
};

TEST_F(HttpServerTls, ServesAsWithoutIt) {
  const auto server = Start({.tls = identity_});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(context_, version);
    HttpClient client(server->port(), context_);
    ASSERT_TRUE(client.is_open());
    const std::string body(100'000, 'x');
    client.Send(absl::StrCat(kGet, Get("/slow"), "POST /p HTTP/1.1\r\nContent-Length: ",
                             body.size(), "\r\n\r\n", body, Get("/big")));
    EXPECT_THAT(client.Receive(), EndsWith("GET /hello "));
    EXPECT_THAT(client.Receive(), EndsWith("GET /slow "));
    EXPECT_THAT(client.Receive(), EndsWith("POST /p " + body));
    EXPECT_GT(client.Receive().size(), size_t{6} << 20);
    client.Send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.Receive(), EndsWith("GET / "));
    EXPECT_TRUE(client.IsClosed());
  }
}

// A record of TLS is read at a time, so that a few requests are many reads.
TEST_F(HttpServerTls, OneWithManyRequestsDoesNotKeepOthersFromTheirTurn) {
  constexpr int kRequests = 100;
  std::atomic<bool> has_begun = false;
  std::atomic<bool> may_go_on = false;
  std::vector<std::string> order;  // of the one thread
  const auto handler = [&](const HttpRequest& request) {
    order.emplace_back(request.path);
    has_begun = true;
    while (!may_go_on) std::this_thread::yield();
    return HttpResponse{};
  };
  const auto server = HttpServer::Start({.host = "127.0.0.1", .tls = identity_}, handler).value();
  HttpClient first(server->port(), context_);
  HttpClient greedy(server->port(), context_);
  HttpClient other(server->port(), context_);
  first.Send(kGet);
  WaitFor([&] { return has_begun.load(); });
  for (int i = 0; i < kRequests; ++i) greedy.Send(Get("/greedy"));
  other.Send(Get("/other"));
  may_go_on = true;
  for (int i = 0; i < kRequests; ++i) {
    ASSERT_THAT(greedy.Receive(), StartsWith("HTTP/1.1 200")) << i;
  }
  EXPECT_THAT(other.Receive(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(order.back(), "/greedy");
}

TEST_F(HttpServerTls, LetsNothingElseIn) {
  const auto server = Start({.tls = identity_, .timeouts = {.request_ns = 200 * kNsPerMs}});
  HttpClient plain(server->port());
  plain.Send(kGet);
  EXPECT_THAT(plain.ReceiveAll(), Not(HasSubstr("HTTP/1.1 200")));
  HttpClient silent(server->port());
  EXPECT_TRUE(silent.IsClosed());
  SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context_, TLS1_1_VERSION);
  EXPECT_FALSE(HttpClient(server->port(), context_).is_open());
}

TEST_F(HttpServerTls, StartsWithAGoodIdentityOnly) {
  TlsIdentity other = identity_;
  other.key = MakeTlsIdentity("127.0.0.1").value().identity.key;
  const auto server = HttpServer::Start({.host = "127.0.0.1", .tls = other}, &Echo);
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir::cosmos::emulator
