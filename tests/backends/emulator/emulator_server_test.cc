#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/emulator.h"
#include "base/clock.h"

namespace weir::cosmos {
namespace {

// One keep-alive connection, by hand: what is tested is the server's side of HTTP.
class Connection {
 public:
  explicit Connection(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    open_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Connection() { close(fd_); }

  bool open() const { return open_; }

  // The whole answer to a signed request; empty when the connection is gone.
  std::string Send(const std::string& method, const std::string& path, const std::string& type,
                   const std::string& link, const std::string& headers, const std::string& body) {
    const std::string date = HttpDate(WallUnixNs() / kNsPerSecond);
    const std::string request =
        absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: 127.0.0.1\r\nx-ms-date: ", date,
                     "\r\nauthorization: ", key_.Token(method, type, link, date), "\r\n", headers,
                     "Content-Length: ", body.size(), "\r\n\r\n", body);
    if (write(fd_, request.data(), request.size()) != static_cast<ssize_t>(request.size()))
      return "";
    return ReadAnswer();
  }

 private:
  std::string ReadAnswer() {
    std::string answer;
    size_t whole = std::string::npos;
    char buffer[16384];
    while (answer.size() < whole) {
      const ssize_t got = read(fd_, buffer, sizeof(buffer));
      if (got <= 0) return "";
      answer.append(buffer, static_cast<size_t>(got));
      const size_t end = answer.find("\r\n\r\n");
      if (whole != std::string::npos || end == std::string::npos) continue;
      const size_t length = answer.find("Content-Length: ");
      size_t body = 0;
      if (length < end) {
        const size_t from = length + 16;
        EXPECT_TRUE(absl::SimpleAtoi(answer.substr(from, answer.find('\r', from) - from), &body));
      }
      whole = end + 4 + body;
    }
    return answer;
  }

  MasterKey key_ = MasterKey::FromBase64(kWellKnownEmulatorKey).value();
  int fd_;
  bool open_ = false;
};

std::unique_ptr<Emulator> StartUnthrottled() {
  EmulatorOptions options;
  options.throttle = false;
  return Emulator::Start(options).value();
}

TEST(Emulator, KeepsConnectionsAlive) {
  const auto emulator = StartUnthrottled();
  Connection connection(emulator->port());
  ASSERT_TRUE(connection.open());
  for (int i = 0; i < 3; ++i) {
    const std::string answer = connection.Send("GET", "/dbs", "dbs", "", "", "");
    EXPECT_TRUE(absl::StartsWith(answer, "HTTP/1.1 200")) << answer;
    EXPECT_FALSE(absl::StrContains(absl::AsciiStrToLower(answer), "connection: close"));
    EXPECT_TRUE(absl::StrContains(answer, "x-weir-charge-basis: modelled"));
  }
}

TEST(Emulator, SaysWhatItIs) {
  const auto emulator = StartUnthrottled();
  EXPECT_TRUE(absl::StrContains(emulator->Banner(), emulator->endpoint()));
  EXPECT_TRUE(absl::StrContains(emulator->Banner(), "modelled"));
}

TEST(Emulator, CannotStartOnAPortThatIsTakenOrWithABadKey) {
  const auto emulator = StartUnthrottled();
  EmulatorOptions options;
  options.port = emulator->port();
  EXPECT_EQ(Emulator::Start(options).status().code(), absl::StatusCode::kUnavailable);
  options.port = 0;
  options.key = "not base64!";
  EXPECT_EQ(Emulator::Start(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.key = std::string(kWellKnownEmulatorKey);
  options.host = "somewhere";
  EXPECT_FALSE(Emulator::Start(options).ok());
}

TEST(Emulator, StopsWithConnectionsOpen) {
  const auto emulator = StartUnthrottled();
  Connection connection(emulator->port());
  ASSERT_FALSE(connection.Send("GET", "/dbs", "dbs", "", "", "").empty());
  emulator->Stop();
  EXPECT_TRUE(connection.Send("GET", "/dbs", "dbs", "", "", "").empty());
}

std::string Bulk(int writer, int round) {
  std::string body;
  for (int i = 0; i < 50; ++i) {
    absl::StrAppend(&body, body.empty() ? "[" : ",",
                    R"({"operationType":"Create","partitionKey":"[\"k)", i % 5,
                    R"(\"]","resourceBody":{"id":")", writer, "-", round, "-", i, R"(","pk":"k)",
                    i % 5, R"(","t":"x"}})");
  }
  return body + "]";
}

TEST(Emulator, LosesNothingWhenManyWriteAndQueryAtOnce) {
  const auto emulator = StartUnthrottled();
  constexpr char kDocs[] = "/dbs/d/colls/c/docs";
  constexpr int kWriters = 3;
  constexpr int kRounds = 20;
  {
    Connection setup(emulator->port());
    setup.Send("POST", "/dbs", "dbs", "", "", R"({"id":"d"})");
    setup.Send("POST", "/dbs/d/colls", "colls", "dbs/d", "",
               R"({"id":"c","partitionKey":{"paths":["/pk"]}})");
  }
  const std::string query_headers =
      "x-ms-documentdb-isquery: true\r\nx-ms-documentdb-query-enablecrosspartition: true\r\n";
  const std::string count = R"({"query":"SELECT VALUE COUNT(1) FROM c WHERE c.t = 'x'"})";
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      Connection connection(emulator->port());
      for (int round = 0; round < kRounds; ++round) {
        const std::string answer = connection.Send(
            "POST", kDocs, "docs", "dbs/d/colls/c",
            "x-ms-cosmos-is-batch-request: true\r\nx-ms-documentdb-partitionkeyrangeid: 0\r\n",
            Bulk(writer, round));
        accepted += absl::StartsWith(answer, "HTTP/1.1 200");
        connection.Send("POST", kDocs, "docs", "dbs/d/colls/c", query_headers, count);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, kWriters * kRounds);
  Connection reader(emulator->port());
  const std::string answer =
      reader.Send("POST", kDocs, "docs", "dbs/d/colls/c", query_headers, count);
  EXPECT_TRUE(absl::StrContains(answer, "\"Documents\":[3000]")) << answer;
}

}  // namespace
}  // namespace weir::cosmos
