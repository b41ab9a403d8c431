// What one request costs the emulator's HTTP server, besides what the service does with it: a POST
// of 440 bytes, answered 201 with twelve headers and 590 bytes by a handler that has it ready, 64
// connections, one thread. Time is the CPU time of the server's thread alone.
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "benchmark/benchmark.h"

#include "backends/cosmos/emulator/http_server.h"
#include "base/check.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

constexpr int kConnections = 64;
constexpr int kRounds = 64;  // of all connections, for one iteration
constexpr size_t kRequestBody = 440;
constexpr size_t kAnswerBody = 590;

HttpResponse Answer(const HttpRequest& request) {
  WEIR_CHECK(request.body.size() == kRequestBody && !request.Header("x-ms-date").empty());
  HttpResponse response{201, {}, std::string(kAnswerBody, 'a')};
  response.Set("etag", "\"00000000-0000-0000-0000-00000000a1b2\"");
  response.Set("content-type", "application/json");
  response.Set("x-ms-session-token", "0:-1#41394");
  response.Set("x-ms-documentdb-partitionkeyrangeid", "0");
  response.Set("lsn", "41394");
  response.Set("x-ms-alt-content-path", "dbs/weir/colls/records");
  response.Set("x-ms-content-path", "AQAAAAEAAAA=");
  response.Set("x-ms-request-charge", "6.86");
  response.Set("x-ms-activity-id", "01234567-89ab-cdef-0123-456789abcdef");
  response.Set("x-ms-serviceversion", "version=2.14.0.0");
  response.Set("x-weir-charge-basis", "modelled");
  response.Set("x-ms-request-duration-ms", "0.007");
  return response;
}

int64_t CpuNs(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

// Of all threads but the caller's.
int64_t OthersCpuNs() { return CpuNs(CLOCK_PROCESS_CPUTIME_ID) - CpuNs(CLOCK_THREAD_CPUTIME_ID); }

class Clients {
 public:
  explicit Clients(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    for (int i = 0; i < kConnections; ++i) {
      sockets_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      WEIR_CHECK(connect(sockets_.back(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) ==
                 0);
    }
  }
  ~Clients() {
    for (const int fd : sockets_) close(fd);
  }

  void Run(int rounds) {
    for (; rounds > 0; --rounds) {
      for (const int fd : sockets_) {
        const ssize_t sent = send(fd, request_.data(), request_.size(), MSG_NOSIGNAL);
        WEIR_CHECK(sent == static_cast<ssize_t>(request_.size()));
      }
      for (const int fd : sockets_) TakeAnswer(fd);
    }
  }

 private:
  // Answers are all of one length, but for the first, which tells it.
  void TakeAnswer(int fd) {
    char bytes[8192];
    size_t received = 0;
    do {
      const ssize_t count = recv(fd, bytes + received, sizeof(bytes) - received, 0);
      WEIR_CHECK(count > 0);
      received += static_cast<size_t>(count);
      if (answer_size_ != 0) continue;
      const size_t head = std::string_view(bytes, received).find("\r\n\r\n");
      if (head != std::string_view::npos) answer_size_ = head + 4 + kAnswerBody;
    } while (received < answer_size_ || answer_size_ == 0);
  }

  const std::string request_ =
      "POST /dbs/weir/colls/records/docs HTTP/1.1\r\nHost: 127.0.0.1:8081\r\n"
      "Accept: application/json\r\nx-ms-version: 2018-12-31\r\n"
      "x-ms-date: Sat, 21 Nov 2026 18:06:10 GMT\r\n"
      "authorization: type%3Dmaster%26ver%3D1.0%26sig%3Dc2lnbmF0dXJlIG9mIHRoZSByZXF1ZXN0IDAx%3D\r\n"
      "content-type: application/json\r\nx-ms-documentdb-partitionkey: [\"region-17\"]\r\n"
      "Content-Length: " +
      std::to_string(kRequestBody) + "\r\n\r\n" + std::string(kRequestBody, 'b');
  std::vector<int> sockets_;
  size_t answer_size_ = 0;
};

void BM_HttpServer(benchmark::State& state) {
  const auto server = HttpServer::Start({.host = "127.0.0.1"}, &Answer).value();
  Clients clients(server->port());
  clients.Run(1);
  int64_t cpu_ns = 0;
  for (auto _ : state) {
    const int64_t before = OthersCpuNs();
    clients.Run(kRounds);
    const int64_t spent = OthersCpuNs() - before;
    state.SetIterationTime(static_cast<double>(spent) / 1e9);
    cpu_ns += spent;
  }
  state.counters["us_per_request"] = static_cast<double>(cpu_ns) / 1e3 / kConnections / kRounds /
                                     static_cast<double>(state.iterations());
}
BENCHMARK(BM_HttpServer)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::cosmos::emulator
