// What one request costs the client's thread: our transports, and libcurl's multi interface with
// nothing around it. A POST of 440 bytes, answered 201 with 590, 64 in flight, against a server of
// this process that answers from another thread. Time is the CPU time of the client's thread alone.
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "benchmark/benchmark.h"

#include "backends/cosmos/http/http_engine.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/epoll_loop.h"

namespace weir::cosmos {
namespace {

constexpr int kInFlight = 64;
constexpr int kRequestsPerIteration = 4'096;
constexpr size_t kRequestBody = 440;
constexpr size_t kAnswerBody = 590;

constexpr const char* kHeaders[][2] = {
    {"Accept", "application/json"},
    {"x-ms-version", "2018-12-31"},
    {"x-ms-date", "sat, 21 nov 2026 18:06:10 gmt"},
    {"Authorization", "type%3dmaster%26ver%3d1.0%26sig%3dc2lnbmF0dXJlIG9mIHRoZSByZXF1ZXN0IDAx%3d"},
    {"Content-Type", "application/json"},
    {"prefer", "return=minimal"},
    {"x-ms-documentdb-partitionkey", "[\"region-17\"]"}};
constexpr char kTarget[] = "/dbs/weir/colls/records/docs";

int64_t ThreadCpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

// Answers whatever ends in a body of kRequestBody bytes; one thread, epoll, no parsing to speak of.
class MinimalServer {
 public:
  MinimalServer()
      : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), epoll_(epoll_create1(0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    WEIR_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    WEIR_CHECK(listen(listener_, 128) == 0);
    WEIR_CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    Watch(listener_);
    answer_ =
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nx-ms-request-charge: 6.86\r\n"
        "x-ms-session-token: 0:-1#4711\r\nx-ms-request-duration-ms: 0.117\r\n"
        "x-ms-documentdb-partitionkeyrangeid: 0\r\nDate: Sat, 21 Nov 2026 18:06:10 GMT\r\n"
        "Content-Length: " +
        std::to_string(kAnswerBody) + "\r\n\r\n" + std::string(kAnswerBody, 'a');
    thread_ = std::thread([this] { Run(); });
  }
  ~MinimalServer() {
    over_ = true;
    thread_.join();
    close(listener_);
    close(epoll_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void Watch(int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    WEIR_CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0);
  }

  void Run() {
    std::array<epoll_event, 64> events;
    while (!over_) {
      const int ready = epoll_wait(epoll_, events.data(), events.size(), 50);
      for (int i = 0; i < ready; ++i) Handle(events[static_cast<size_t>(i)].data.fd);
    }
    for (const auto& [fd, text] : received_) close(fd);
  }

  void Handle(int fd) {
    if (fd == listener_) {
      const int accepted = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      const int on = 1;
      setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      received_[accepted].clear();
      return Watch(accepted);
    }
    char bytes[8'192];
    const ssize_t count = recv(fd, bytes, sizeof(bytes), 0);
    if (count <= 0) {
      received_.erase(fd);
      close(fd);
      return;
    }
    std::string& text = received_[fd];
    text.append(bytes, static_cast<size_t>(count));
    const size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos || text.size() < end + 4 + kRequestBody) return;
    text.clear();
    WEIR_CHECK(send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(answer_.size()));
  }

  int listener_;
  int epoll_;
  uint16_t port_ = 0;
  std::string answer_;
  std::unordered_map<int, std::string> received_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

// run(requests) sends that many and waits for the answers.
template <typename Run>
void Measure(benchmark::State& state, Run run) {
  run(kInFlight);  // connects
  int64_t cpu_ns = 0;
  int64_t sent = 0;
  for (auto _ : state) {
    const int64_t before = ThreadCpuNs();
    run(kRequestsPerIteration);
    const int64_t spent = ThreadCpuNs() - before;
    state.SetIterationTime(static_cast<double>(spent) / 1e9);
    cpu_ns += spent;
    sent += kRequestsPerIteration;
  }
  state.counters["cpu_us_per_request"] =
      static_cast<double>(cpu_ns) / 1e3 / static_cast<double>(sent);
}

// ------------------------------------------------------------------------------ our transports

class Requests final : public ExchangeHandler {
 public:
  Requests(EpollLoop& loop, HttpEngine& engine) : loop_(loop) {
    for (int i = 0; i < kInFlight; ++i) {
      exchanges_.push_back(std::make_unique<HttpExchange>(engine, *this));
    }
  }

  void Run(int requests) {
    to_send_ = requests;
    answered_ = 0;
    for (const auto& exchange : exchanges_) Send(*exchange);
    while (answered_ < requests) loop_.RunOnce(loop_.Now() + kNsPerSecond);
  }

 private:
  void Send(HttpExchange& exchange) {
    if (to_send_-- <= 0) return;
    exchange.Begin(HttpMethod::kPost);
    exchange.target() = kTarget;
    for (size_t i = 2; i < std::size(kHeaders); ++i) {  // the first two are its own
      exchange.headers().Add(kHeaders[i][0], kHeaders[i][1]);
    }
    exchange.body().assign(kRequestBody, 'b');
    exchange.Send();
  }

  void OnExchange(HttpExchange& exchange) override {
    WEIR_CHECK(exchange.status() == 201 && exchange.answer().size() == kAnswerBody);
    ++answered_;
    Send(exchange);
  }

  EpollLoop& loop_;
  std::vector<std::unique_ptr<HttpExchange>> exchanges_;
  int to_send_ = 0;
  int answered_ = 0;
};

void OurTransport(benchmark::State& state, HttpClient client) {
  MinimalServer server;
  EpollLoop loop;
  HttpEngine engine(loop, {.url = server.url(), .tls_root_certificate = ""}, client);
  Requests requests(loop, engine);
  Measure(state, [&](int count) { requests.Run(count); });
}

void BM_DirectTransport(benchmark::State& state) { OurTransport(state, HttpClient::kDirect); }
void BM_CurlTransport(benchmark::State& state) { OurTransport(state, HttpClient::kLibcurl); }

// --------------------------------------------------------------------------------- bare libcurl

// The least that a program can do with curl_multi_socket_action: handles and lists are reused, only
// the body is set anew.
class BareLibcurl {
 public:
  explicit BareLibcurl(const std::string& url)
      : epoll_(epoll_create1(0)), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &BareLibcurl::OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &BareLibcurl::OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 1'024L);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    for (const auto& header : kHeaders) {
      list_ = curl_slist_append(list_, (std::string(header[0]) + ": " + header[1]).c_str());
    }
    list_ = curl_slist_append(list_, "Expect:");
    transfers_.resize(kInFlight);
    for (Transfer& transfer : transfers_) MakeHandle(url, &transfer);
  }
  ~BareLibcurl() {
    for (const Transfer& transfer : transfers_) curl_easy_cleanup(transfer.easy);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(list_);
    close(epoll_);
  }

  void Run(int requests) {
    to_send_ = requests;
    answered_ = 0;
    for (Transfer& transfer : transfers_) Send(transfer);
    int running = 0;
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    std::array<epoll_event, 64> events;
    while (answered_ < requests) {
      const int ready = epoll_wait(epoll_, events.data(), events.size(), timeout_ms_);
      if (ready == 0) curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
      for (int i = 0; i < ready; ++i) {
        const epoll_event& event = events[static_cast<size_t>(i)];
        const int what = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                         ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0);
        curl_multi_socket_action(multi_, event.data.fd, what, &running);
      }
      TakeAnswers();
    }
  }

 private:
  struct Transfer {
    CURL* easy = nullptr;
    std::string body;
    std::string answer;
  };

  void MakeHandle(const std::string& url, Transfer* transfer) {
    transfer->easy = curl_easy_init();
    transfer->body.assign(kRequestBody, 'b');
    curl_easy_setopt(transfer->easy, CURLOPT_URL, (url + kTarget).c_str());
    curl_easy_setopt(transfer->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(transfer->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, list_);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, &BareLibcurl::OnBody);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
  }

  void Send(Transfer& transfer) {
    if (to_send_-- <= 0) return;
    transfer.answer.clear();
    curl_easy_setopt(transfer.easy, CURLOPT_POSTFIELDS, transfer.body.data());
    curl_easy_setopt(transfer.easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(transfer.body.size()));
    WEIR_CHECK(curl_multi_add_handle(multi_, transfer.easy) == CURLM_OK);
  }

  void TakeAnswers() {
    int left = 0;
    bool sent = false;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      WEIR_CHECK(message->data.result == CURLE_OK);
      CURL* easy = message->easy_handle;
      char* transfer = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
      curl_multi_remove_handle(multi_, easy);
      Transfer& done = *reinterpret_cast<Transfer*>(transfer);
      WEIR_CHECK(done.answer.size() == kAnswerBody);
      ++answered_;
      Send(done);
      sent = true;
    }
    int running = 0;
    if (sent) curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  }

  static size_t OnBody(char* bytes, size_t size, size_t count, void* transfer) {
    static_cast<Transfer*>(transfer)->answer.append(bytes, size * count);
    return size * count;
  }

  static int OnTimer(CURLM*, long timeout_ms, void* self) {
    static_cast<BareLibcurl*>(self)->timeout_ms_ =
        timeout_ms < 0 ? 1'000 : static_cast<int>(timeout_ms);
    return 0;
  }

  // watched: what libcurl was told to remember of the socket, null at first.
  static int OnSocket(CURL*, curl_socket_t socket, int what, void* self, void* watched) {
    auto* const bare = static_cast<BareLibcurl*>(self);
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(bare->epoll_, EPOLL_CTL_DEL, socket, nullptr);
      return 0;
    }
    epoll_event event{.events = ((what & CURL_POLL_IN) != 0 ? uint32_t{EPOLLIN} : 0) |
                                ((what & CURL_POLL_OUT) != 0 ? uint32_t{EPOLLOUT} : 0),
                      .data = {.fd = socket}};
    epoll_ctl(bare->epoll_, watched == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
    curl_multi_assign(bare->multi_, socket, self);
    return 0;
  }

  int epoll_;
  CURLM* multi_;
  curl_slist* list_ = nullptr;
  std::vector<Transfer> transfers_;
  int timeout_ms_ = 0;
  int to_send_ = 0;
  int answered_ = 0;
};

void BM_BareLibcurl(benchmark::State& state) {
  MinimalServer server;
  BareLibcurl bare(server.url());
  Measure(state, [&](int count) { bare.Run(count); });
}

BENCHMARK(BM_DirectTransport)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CurlTransport)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_BareLibcurl)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::cosmos
