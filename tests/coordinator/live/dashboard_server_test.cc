// Over real sockets of the loopback.
#include "coordinator/live/dashboard_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kToken[] = "0123456789abcdef0123456789abcdef";

// A connection to the server; what it says is read when asked for.
class Client {
 public:
  explicit Client(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  void Send(const std::string& text) { send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }
  void Get(const std::string& path, const std::string& more = "") {
    Send(absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: 127.0.0.1\r\n", more, "\r\n"));
  }

  // Until `text` has come, or the other end closes or is silent for seconds.
  std::string ReadUntil(const std::string& text) {
    while (received_.find(text) == std::string::npos) {
      char buffer[65536];
      const ssize_t n = recv(socket_, buffer, sizeof(buffer), 0);
      if (n <= 0) break;
      received_.append(buffer, static_cast<size_t>(n));
    }
    return received_;
  }

 private:
  int socket_;
  bool connected_;
  std::string received_;
};

class DashboardServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = StartDashboardServer({.listen = "127.0.0.1:0", .token = kToken}, feed_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::unique_ptr<Client> Ask(const std::string& path, const std::string& more = Bearer()) {
    auto client = std::make_unique<Client>(server_->port());
    client->Get(path, more);
    return client;
  }
  static std::string Bearer() { return absl::StrCat("Authorization: Bearer ", kToken, "\r\n"); }

  LiveFeed feed_;
  std::unique_ptr<DashboardServer> server_;
};

TEST_F(DashboardServerTest, ServesThePageUnderAPolicyThatAllowsNothingFromElsewhere) {
  const auto client = Ask(absl::StrCat("/?token=", kToken), "Connection: close\r\n");
  const std::string page = client->ReadUntil("</html>");
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy: default-src 'none'; style-src 'sha256-"));
  EXPECT_THAT(page, HasSubstr("; connect-src 'self'; frame-ancestors 'none'"));
  EXPECT_THAT(page, HasSubstr("HttpOnly; SameSite=Strict"));
  EXPECT_THAT(page, HasSubstr("X-Content-Type-Options: nosniff"));
  EXPECT_THAT(page, HasSubstr("Cache-Control: no-store"));
  EXPECT_THAT(page, HasSubstr("Referrer-Policy: no-referrer"));
  EXPECT_THAT(page.substr(page.find("\r\n\r\n")), Not(HasSubstr(kToken)));
}

TEST_F(DashboardServerTest, RefusesStrangersOtherHostsOtherMethodsAndUnknownPaths) {
  EXPECT_THAT(Ask("/events", "")->ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(Ask("/nowhere")->ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Ask("/report")->ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 404"));
  Client rebound(server_->port());
  rebound.Send(absl::StrCat("GET /?token=", kToken, " HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
  EXPECT_THAT(rebound.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 403"));
  Client post(server_->port());
  post.Send(absl::StrCat("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n", Bearer(),
                         "Content-Length: 1000000000\r\n\r\n"));
  const std::string refusal = post.ReadUntil("\r\n\r\n");
  EXPECT_THAT(refusal, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(refusal, HasSubstr("Allow: GET, HEAD"));
}

TEST_F(DashboardServerTest, SurvivesWhatIsNoRequest) {
  for (const std::string& bytes :
       {std::string("\0\1\2\3", 4), std::string("GET\r\n\r\n"), std::string(100'000, 'a'),
        std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01", 6)}) {
    Client client(server_->port());
    client.Send(bytes);
  }
  EXPECT_THAT(Ask("/")->ReadUntil("</html>"), StartsWith("HTTP/1.1 200"));
}

TEST_F(DashboardServerTest, TellsEventsAsTheyHappenAndWhatWasMissedAfterwards) {
  feed_.Append("second", "first");
  const auto client = Ask("/events");
  EXPECT_THAT(client->ReadUntil("data: first"), HasSubstr("text/event-stream"));
  feed_.Append("second", "later");
  EXPECT_THAT(client->ReadUntil("data: later"), HasSubstr("id: 2\nevent: second\ndata: later\n\n"));
  feed_.Append("second", "latest");
  const auto again = Ask("/events", Bearer() + "Last-Event-ID: 1\r\n");
  EXPECT_THAT(again->ReadUntil("data: latest"), Not(HasSubstr("data: first")));
  EXPECT_THAT(again->ReadUntil("data: latest"), HasSubstr("data: later"));
}

TEST_F(DashboardServerTest, SendsASignOfLifeWhereNothingHappens) {
  const auto client = Ask("/events");
  client->ReadUntil("\r\n\r\n");
  // The pulse reaches whoever already sleeps: until then it is sent again.
  for (int i = 0; i < 200; ++i) {
    server_->Pulse();
    usleep(5'000);
  }
  EXPECT_THAT(client->ReadUntil(": still here"), HasSubstr(": still here"));
}

TEST_F(DashboardServerTest, CostsNothingWhileNothingHappens) {
  std::vector<std::unique_ptr<Client>> listening;
  for (int i = 0; i < 8; ++i) {
    listening.push_back(Ask("/events"));
    listening.back()->ReadUntil("\r\n\r\n");
  }
  usleep(50'000);
  const clock_t before = clock();  // CPU time of this process
  usleep(400'000);
  EXPECT_LT(clock() - before, CLOCKS_PER_SEC / 20);
}

TEST_F(DashboardServerTest, NeverHoldsUpTheRunForAReaderThatDoesNotRead) {
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 8; ++i) slow.push_back(Ask("/events"));
  const auto begun = std::chrono::steady_clock::now();
  const std::string second(10'000, 's');
  for (int i = 0; i < 5'000; ++i) feed_.Append("second", second);  // 50 MB for each
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  EXPECT_THAT(Ask("/")->ReadUntil("</html>"), StartsWith("HTTP/1.1 200"));
}

TEST_F(DashboardServerTest, LimitsConnectionsAndServesAgainWhenTheyAreGone) {
  std::vector<std::unique_ptr<Client>> many;
  for (uint32_t i = 0; i < DashboardServer::kMostConnections + 40; ++i) {
    many.push_back(Ask("/events"));
  }
  feed_.Append("second", "for all that were let in");
  uint32_t served = 0;
  for (uint32_t i = 0; i < 3; ++i) {
    served += many[i]->ReadUntil("let in").find("let in") != std::string::npos;
  }
  EXPECT_EQ(served, 3u);
  many.clear();
  for (int i = 0; i < 50; ++i) {
    server_->Pulse();  // whoever is gone is noticed
    const auto client = Ask("/");
    if (client->ReadUntil("</html>").starts_with("HTTP/1.1 200")) return;
  }
  ADD_FAILURE() << "nobody is served any more";
}

TEST_F(DashboardServerTest, StrangersDoNotKeepOutWhoHasTheToken) {
  std::vector<std::unique_ptr<Client>> strangers;
  for (uint32_t i = 0; i < 4 * DashboardServer::kMostConnections; ++i) {
    strangers.push_back(std::make_unique<Client>(server_->port()));  // says nothing
    if (i % 2 == 0) strangers.back()->Get("/", "Authorization: Bearer guess\r\n");
  }
  const auto guest = Ask("/");
  EXPECT_THAT(guest->ReadUntil("</html>"), StartsWith("HTTP/1.1 200"));
  // The silent one that came first had to make room.
  EXPECT_EQ(strangers[1]->ReadUntil("anything"), "");
}

TEST_F(DashboardServerTest, AStrangersConnectionIsNotKept) {
  const auto stranger = Ask("/", "");
  EXPECT_THAT(stranger->ReadUntil("never comes"), HasSubstr("Connection: close"));
}

TEST_F(DashboardServerTest, EndsWhileSomebodyListens) {
  const auto client = Ask("/events");
  client->ReadUntil("\r\n\r\n");
  server_.reset();
  EXPECT_THAT(client->ReadUntil("never"), Not(HasSubstr("never")));
}

TEST_F(DashboardServerTest, ServesDocumentsWithTheirTypes) {
  feed_.Publish(kOpenMetricsDocument, "# EOF\n");
  feed_.Publish(kMetricsTextDocument, "# HELP\n");
  feed_.Publish(kReportDocument, "<!doctype html>");
  const auto open = Ask("/metrics", Bearer() + "Accept: application/openmetrics-text;q=0.5\r\n");
  EXPECT_THAT(
      open->ReadUntil("# EOF"),
      HasSubstr("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8"));
  EXPECT_THAT(Ask("/metrics")->ReadUntil("# HELP"),
              HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
  const std::string report = Ask("/report")->ReadUntil("<!doctype html>");
  EXPECT_THAT(report, HasSubstr("Content-Type: text/html; charset=utf-8"));
  EXPECT_THAT(report, HasSubstr("frame-ancestors 'none'"));
}

TEST(StartDashboardServer, RefusesAnAddressOfOthersUnlessItIsMeant) {
  LiveFeed feed;
  const auto refused = StartDashboardServer({.listen = "0.0.0.0:0"}, feed);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("not encrypted"));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("--dashboard-exposed"));
  const auto meant = StartDashboardServer({.listen = "0.0.0.0:0", .exposed = true}, feed);
  EXPECT_TRUE(meant.ok()) << meant.status();
}

TEST(StartDashboardServer, SaysWhatIsWrongWithAnAddress) {
  LiveFeed feed;
  for (const char* listen : {"127.0.0.1:99999", "127.0.0.1:http", "no.such.host.invalid:80"}) {
    const auto server = StartDashboardServer({.listen = listen}, feed);
    ASSERT_FALSE(server.ok()) << listen;
    EXPECT_THAT(std::string(server.status().message()), HasSubstr(listen));
  }
  auto first = StartDashboardServer({.listen = "127.0.0.1:0"}, feed);
  LiveFeed other;
  const std::string taken = absl::StrCat("127.0.0.1:", (*first)->port());
  EXPECT_THAT(std::string(StartDashboardServer({.listen = taken}, other).status().message()),
              HasSubstr("cannot listen there"));
}

TEST(StartDashboardServer, PutsATokenOfItsOwnIntoTheAddress) {
  LiveFeed feed;
  auto server = StartDashboardServer({.listen = "localhost:0"}, feed);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT((*server)->Url(true),
              testing::MatchesRegex("http://localhost:[0-9]+/.token=[0-9a-f]+"));
  EXPECT_THAT((*server)->Url(false), Not(HasSubstr("token")));
}

}  // namespace
}  // namespace weir
